/**
 * Posts a message to a Slack webhook.
 *
 * Guarantees: ends within `timeoutMs`, whatever Slack does; asks again only when Slack said when (`Retry-After`) and that is in
 * time. The URL, which is a secret, is in no error.
 * Does not guarantee that an error means that nothing was posted: the answer may be what was lost.
 */
import { IncomingWebhook, IncomingWebhookHTTPError, type IncomingWebhookSendArguments } from '@slack/webhook';
import { systemClock } from '../clock.ts';
import { SlackError } from '../errors.ts';
import { parseRetryAfter } from '../ports/retry-after.ts';
import type { SlackMessage } from './slack.ts';

export interface PostOptions {
  /** For all of it, in ms. @default 5_000 */
  readonly timeoutMs?: number;
  /** Ends the wait. @default never */
  readonly signal?: AbortSignal;
}

// However soon Slack says.
const shortestWaitMs = 1_000;

/** @throws SlackError when Slack did not take it, or not in time */
export async function postToSlack(
  webhookUrl: string,
  message: SlackMessage,
  { timeoutMs = 5_000, signal }: PostOptions = {},
): Promise<void> {
  checkUrl(webhookUrl);
  const endMs = performance.now() + timeoutMs;
  using late = abortAfter(timeoutMs);
  const until = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  for (;;) {
    const refusal = await send(webhookUrl, message, until);
    if (refusal === undefined) return;
    if (signal?.aborted === true) throw new SlackError('Slack was not waited for any longer');
    if (until.aborted) throw new SlackError(`Slack did not answer within ${timeoutMs} ms`);
    const { askAgainMs, error } = refusal;
    if (askAgainMs === undefined || performance.now() + askAgainMs >= endMs) throw toSlackError(error);
    await systemClock.sleep(askAgainMs, until).catch(() => undefined);
  }
}

interface Refusal {
  readonly error: unknown;
  /** Undefined: that is final. */
  readonly askAgainMs: number | undefined;
}

async function send(url: string, message: SlackMessage, signal: AbortSignal): Promise<Refusal | undefined> {
  let askAgainMs: number | undefined;
  const webhook = new IncomingWebhook(url, {
    // The library tells no header of an answer, and knows no signal.
    fetch: async (target, init) => {
      const answer = await fetch(target, { ...init, signal } as RequestInit);
      if (answer.status === 429 || answer.status === 503) askAgainMs = toWait(answer.headers.get('retry-after'));
      return answer;
    },
  });
  try {
    await webhook.send({ ...message, unfurl_links: false, unfurl_media: false } as IncomingWebhookSendArguments);
    return undefined;
  } catch (error) {
    return { error, askAgainMs };
  }
}

function toWait(retryAfter: string | null): number | undefined {
  const ms = parseRetryAfter(retryAfter ?? undefined, Date.now());
  return ms === undefined ? undefined : Math.max(ms, shortestWaitMs);
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw new SlackError(
    "expected Slack's webhook to be an address like https://hooks.slack.com/services/…, got another",
  );
}

function abortAfter(ms: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  // Unlike that of AbortSignal.timeout it keeps the process until then.
  const timer = systemClock.setTimer(ms, () => controller.abort());
  return { signal: controller.signal, [Symbol.dispose]: () => timer.cancel() };
}

// Slack's own words for what is wrong: `no_service`, `invalid_blocks`.
const slackWord = /^[a-z_]{2,60}$/;

function toSlackError(error: unknown): SlackError {
  if (error instanceof IncomingWebhookHTTPError) {
    const { statusCode, body } = error;
    const word = slackWord.test(body.trim()) ? ` (${body.trim()})` : '';
    return new SlackError(`Slack did not take the message: it answered ${statusCode}${word}; ${adviceOn(statusCode)}`);
  }
  return new SlackError(`Slack could not be reached (${codeOf(error)}); check the network, or STINT_SLACK_WEBHOOK_URL`);
}

function adviceOn(status: number): string {
  if (status === 429) return 'it was told too much in a short time';
  return status >= 500 ? 'the next run tells again' : 'check STINT_SLACK_WEBHOOK_URL';
}

/** The code of the innermost error that has one: messages may hold the URL. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const inner = error.cause === undefined ? 'unknown' : codeOf(error.cause);
  if (inner !== 'unknown') return inner;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : 'unknown';
}
