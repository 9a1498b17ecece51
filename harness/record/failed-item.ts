/** A failed item of a past run, and what it said to services, as far as it was kept. */
import { type FailedItem, type HttpExchange, type Ledger, UsageError } from '@stint/sdk';
import type { Exchange, Header } from '../http/har.ts';

/** @throws UsageError when the run has no failed item of this key */
export async function findFailedItem(ledger: Ledger, runId: string, key: string): Promise<FailedItem> {
  const others: string[] = [];
  let after: Awaited<ReturnType<Ledger['failures']>>['next'];
  do {
    const page = await ledger.failures(runId, after === undefined ? {} : { after });
    const found = page.items.find((item) => item.key === key);
    if (found !== undefined) return found;
    others.push(...page.items.map((item) => item.key));
    after = page.next;
  } while (after !== undefined);
  const some = others.slice(0, 5).join(', ');
  throw new UsageError(
    `expected a failed item ${key} in run ${runId}, but ${others.length === 0 ? 'no item of it failed' : `these failed: ${some}${others.length > 5 ? ' …' : ''}`}; see \`stint show ${runId}\``,
  );
}

/** What was kept, as exchanges of a HAR file. */
export function exchangesOf({ exchanges }: FailedItem): readonly Exchange[] {
  return exchanges.map((kept) => ({
    method: kept.method,
    url: kept.url,
    requestHeaders: headersOf(kept.requestHeaders),
    requestBody: kept.requestBody === null ? null : Buffer.from(kept.requestBody),
    // An answer that broke off has a status in the ledger; a replay breaks it off again.
    status: kept.error === null ? (kept.status ?? 0) : 0,
    responseHeaders: headersOf(kept.responseHeaders),
    responseBody: Buffer.from(kept.responseBody ?? ''),
    error: kept.error ?? (kept.status === null ? 'no answer' : null),
    startedAt: new Date(kept.startedAt),
    durationMs: kept.durationMs,
  }));
}

/** Why a replay may come out another way: what was cut, or blanked. */
export function lossesOf({ exchanges }: FailedItem): readonly string[] {
  const cut = exchanges.filter(({ requestBody, responseBody }) => isCut(requestBody) || isCut(responseBody)).length;
  const blanked = exchanges.filter(isBlanked).length;
  return [
    ...(cut === 0 ? [] : [`${cut} of its exchanges have bodies that were too long to be kept whole`]),
    ...(blanked === 0 ? [] : [`${blanked} of its exchanges have parts that were blanked as secrets`]),
  ];
}

function isCut(body: string | null): boolean {
  return body !== null && /… \((?:more was not read|(?:at least )?[\d,]+ more characters)\)$/.test(body);
}

function isBlanked({ url, requestBody, responseBody }: HttpExchange): boolean {
  return [url, requestBody, responseBody].some((text) => text?.includes('[redacted]') === true);
}

function headersOf(headers: Readonly<Record<string, string>>): readonly Header[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}
