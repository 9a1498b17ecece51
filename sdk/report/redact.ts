/**
 * Makes of a log of exchanges what may be stored with a failed item: no secrets, at most 64 KB.
 *
 * Keeps: method, URL, times, status, the reason when no whole answer came, headers and bodies of the last exchanges, newest last.
 * What does not fit is cut and says by how much: longer values, then bodies, those of the oldest exchanges first; what
 * does not even fit without bodies is left out. Text is made well-formed (lone surrogates and NUL become U+FFFD), so
 * that every store takes it. Bodies that are not text, are compressed, or have many parts are left out.
 *
 * Blanks: headers that carry secrets, by name; fields, parameters and elements with names of secrets, and what has the
 * form of one (`redact-text.ts`); every occurrence of the job's own secrets, in whatever encoding (`own-secrets.ts`).
 * Names that might be harmless are blanked as well.
 *
 * Cannot guarantee that nothing personal is in it: that stays, for it is what a failure is about. Nor does it know a secret
 * under a harmless name that is none of the job's own: declare such ones as `secrets` of the job.
 */

import type { HttpExchange } from '../ledger/ledger.ts';
import { describeError } from './describe-error.ts';
import type { AnswerHeaders, Exchange, ExchangeLog, KeptBody } from './exchange-log.ts';
import { blank, OwnSecrets } from './own-secrets.ts';
import { redactForm, redactText, redactUrl } from './redact-text.ts';
import { isSecretParameter } from './secret-names.ts';

const mostBytes = 64 * 1024;
// Each body gets as much, before newer ones take the rest.
const leastBodyBytes = 1024;
const mostHeaderBytes = 8 * 1024;
const longest = { url: 4096, headerName: 128, header: 1024, error: 512 };

const redactors = new WeakMap<readonly string[], Redactor>();

type Redact = (text: string, cut: boolean) => string;

/** A body on its way: as much as there is, and how much is missing already. */
interface Draft {
  readonly text: string;
  readonly more: number;
  readonly open: boolean;
}

/**
 * The exchanges of a failed item, newest last. Never throws.
 * @param log of the item's call; undefined: it made none
 * @param secrets the job's own; those of less than 6 characters are not looked for. Give the same array each time, and do
 *   not change it: what was made ready for it is kept.
 */
export function redactExchanges(log: ExchangeLog | undefined, secrets: readonly string[]): readonly HttpExchange[] {
  if (log === undefined) return [];
  const redactor = redactors.get(secrets) ?? new Redactor(secrets);
  redactors.set(secrets, redactor);
  return fit(log.exchanges.map((exchange) => redactor.exchange(exchange)));
}

/** An exchange, and its bodies before they are cut to size. */
interface Redacted {
  readonly exchange: HttpExchange;
  readonly request: Draft | null;
  readonly response: Draft | null;
}

class Redactor {
  readonly #own: OwnSecrets;
  // The items of a group share their log, and mostly fail together.
  readonly #done = new WeakMap<Exchange, Redacted>();

  constructor(secrets: readonly string[]) {
    this.#own = new OwnSecrets(secrets);
  }

  exchange(exchange: Exchange): Redacted {
    const redacted = this.#done.get(exchange) ?? this.#redact(exchange);
    if (exchange.durationMs !== undefined) this.#done.set(exchange, redacted);
    return redacted;
  }

  #redact({ request, requestBody, durationMs, status, headers, body, error }: Exchange): Redacted {
    const exchange = {
      method: request.method,
      url: this.#short(request.url.href, longest.url, redactUrl),
      startedAt: new Date(request.startedAtMs).toISOString(),
      durationMs: Math.round(durationMs ?? 0),
      requestHeaders: this.#headers(request.headers),
      requestBody: null,
      status,
      responseHeaders: this.#headers(headers),
      responseBody: null,
      error: this.#error(durationMs, error),
    };
    return {
      exchange,
      request: this.#body(requestBody, request.headers),
      response: this.#body(body, headers),
    };
  }

  #error(durationMs: number | undefined, error: unknown): string | null {
    if (durationMs === undefined) return 'was not over when its item was';
    return error === undefined ? null : this.#short(this.#describe(error), longest.error, redactText);
  }

  #describe(error: unknown): string {
    return describeError(error, (text, cut) => this.#own.blank(text, cut)).message;
  }

  #headers(headers: AnswerHeaders): Readonly<Record<string, string>> {
    const entries: [string, string][] = [];
    const all = Object.entries(headers).filter(([, value]) => value !== undefined);
    let bytes = 0;
    for (const [name, value] of all) {
      const shown = this.#short(name, longest.headerName, (text) => text);
      const entry = [shown, this.#header(name, value)] as const;
      bytes += bytesOf(entry);
      if (bytes > mostHeaderBytes) {
        entries.push(['…', `(${count(all.length - entries.length)} more headers)`]);
        break;
      }
      entries.push([...entry]);
    }
    return Object.fromEntries(entries);
  }

  #header(name: string, value: unknown): string {
    if (isSecretParameter(name)) return blank;
    const text = Array.isArray(value) ? value.join(', ') : value;
    return typeof text === 'string' ? this.#short(text, longest.header, redactText) : '';
  }

  #short(text: string, length: number, redact: Redact): string {
    return render(
      this.#draft({ text: text.slice(0, length), more: Math.max(0, text.length - length), open: false }, redact),
    );
  }

  #draft({ text, more, open }: Draft, redact: Redact): Draft {
    const cut = more > 0 || open;
    // The own ones first: what is found by names could leave a piece of one behind.
    const redacted = redact(this.#own.blank(text, cut), cut);
    return { text: redacted.toWellFormed().replaceAll('\0', '\uFFFD'), more, open };
  }

  #body(body: KeptBody | null, headers: AnswerHeaders): Draft | null {
    if (body === null) return null;
    const draft = typeof body === 'string' ? { text: body, more: 0, open: false } : body;
    const type = headerOf(headers, 'content-type');
    const encoding = headerOf(headers, 'content-encoding');
    const unreadable = isBinary(draft.text) || type.startsWith('multipart/') || !/^(?:identity)?$/.test(encoding);
    // Nobody can tell what is in it.
    if (unreadable && draft.text !== '') return { ...draft, text: '', more: draft.more + draft.text.length };
    return this.#draft(draft, isForm(type, draft.text) ? redactForm : redactText);
  }
}

function headerOf(headers: AnswerHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.trim().toLowerCase() : '';
}

function isForm(type: string, text: string): boolean {
  return type.startsWith('application/x-www-form-urlencoded') || /^[^\s=&<>{}"']{1,128}=\S*$/.test(text);
}

function isBinary(text: string): boolean {
  const sample = text.slice(0, 2048);
  const odd = sample.match(/[^\P{Cc}\t\n\r]|\uFFFD/gu)?.length ?? 0;
  return odd > sample.length / 20;
}

/** Cuts bodies, and leaves the oldest exchanges out, until the rest fits. */
function fit(all: readonly Redacted[]): readonly HttpExchange[] {
  const newestFirst = all.toReversed();
  let left = mostBytes - '[]'.length;
  let bodies = 0;
  const fitting: Redacted[] = [];
  for (const each of newestFirst) {
    const own = [each.request, each.response].filter((body) => body !== null).length;
    const bytes = bytesOf(each.exchange) + ','.length;
    if (bytes + (bodies + own) * leastBodyBytes > left) break;
    fitting.push(each);
    left -= bytes;
    bodies += own;
  }
  const take = (draft: Draft | null): string | null => {
    if (draft === null) return null;
    bodies -= 1;
    const body = renderWithin(draft, left - bodies * leastBodyBytes);
    left -= bytesOf(body);
    return body;
  };
  return fitting
    .map(({ exchange, request, response }) => {
      const responseBody = take(response);
      return { ...exchange, responseBody, requestBody: take(request) };
    })
    .toReversed();
}

function renderWithin(draft: Draft, bytes: number): string {
  const cutTo = (length: number): string =>
    render({ ...draft, text: draft.text.slice(0, length), more: draft.more + draft.text.length - length });
  const whole = render(draft);
  if (bytesOf(whole) <= bytes) return whole;
  let fits = 0;
  let tooLong = draft.text.length;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (bytesOf(cutTo(middle)) <= bytes) fits = middle;
    else tooLong = middle;
  }
  return cutTo(fits);
}

function render({ text, more, open }: Draft): string {
  // A cut may have gone through a surrogate pair.
  const shown = text.toWellFormed();
  if (more === 0) return open ? `${shown}… (more was not read)` : shown;
  return `${shown}… (${open ? 'at least ' : ''}${count(more)} more characters)`;
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
