/**
 * One count to Datadog, over its HTTP API: `POST /api/v2/series`, answered with 202.
 *
 * Tried again, as far as the time given allows: what could not be reached, what hangs, 408, 429 and 5xx; a `Retry-After` is
 * kept. All else is refused at once. At least once: an answer that was lost is asked for again, and the count is there twice.
 * The key goes into one header and nowhere else, also not along a redirect; no answer's text is told.
 *
 * No imports in this file: it is a part of the Lambda function (`code.ts`).
 */

export interface CountOptions {
  /** Like `https://api.datadoghq.com`, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string;
  /** How long all attempts may take together. */
  readonly withinMs: number;
}

export interface Count {
  readonly metric: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Ms since the epoch; Datadog takes none that is more than an hour old. */
  readonly atMs: number;
}

/** Datadog did not take it. */
export class DatadogError extends Error {
  override readonly name = 'DatadogError';
  /** Of its answer; undefined: it did not answer. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.status = status;
  }
}

interface Attempt {
  readonly status: number | undefined;
  readonly problem: string;
  readonly retryAfterMs: number | undefined;
}

const mostAttempts = 4;
const attemptWithinMs = 3_000;
const firstPauseMs = 200;
/** Datadog counts per interval; this is of one second. */
const intervalSeconds = 1;
const countType = 1;
const longestTag = 150;

/**
 * How many attempts it took.
 *
 * @throws DatadogError when it was not taken within the time
 */
export async function postCount(count: Count, { url, apiKey, withinMs }: CountOptions): Promise<number> {
  const endMs = performance.now() + withinMs;
  const body = JSON.stringify(seriesOf(count));
  for (let attempts = 1; ; attempts++) {
    const failed = await attemptPost(
      `${url}/api/v2/series`,
      apiKey,
      body,
      Math.min(attemptWithinMs, endMs - performance.now()),
    );
    if (failed === undefined) return attempts;
    const { status, problem } = failed;
    const tried = attempts === 1 ? '' : `, after ${attempts} attempts`;
    if (!isWorthTrying(status) || attempts === mostAttempts) throw new DatadogError(`${problem}${tried}`, status);
    const pauseMs = failed.retryAfterMs ?? firstPauseMs * 2 ** attempts * (0.5 + Math.random() / 2);
    if (performance.now() + pauseMs >= endMs) throw new DatadogError(`${problem}${tried}; no time is left`, status);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function seriesOf({ metric, tags, atMs }: Count) {
  const points = [{ timestamp: Math.floor(atMs / 1_000), value: 1 }];
  const series = { metric, type: countType, interval: intervalSeconds, points, tags: Object.entries(tags).map(tagOf) };
  return { series: [series] };
}

/** Datadog makes small letters of it. */
function tagOf([name, value]: readonly [string, string]): string {
  return `${name}:${value.slice(0, longestTag).replace(/[^\w./-]/g, '_')}`;
}

/** Undefined: it was taken. */
async function attemptPost(url: string, apiKey: string, body: string, withinMs: number): Promise<Attempt | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'dd-api-key': apiKey },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(withinMs))),
    });
    const { status } = response;
    if (status !== 202) {
      await response.body?.cancel();
      return { status, problem: `Datadog answered ${status}`, retryAfterMs: retryAfterOf(response) };
    }
    const complaints = await complaintsIn(response);
    const problem = `Datadog took it with ${complaints} complaints`;
    return complaints === 0 ? undefined : { status, problem, retryAfterMs: undefined };
  } catch (error) {
    return { status: undefined, problem: `Datadog could not be reached (${codeOf(error)})`, retryAfterMs: undefined };
  }
}

/** An answer that is no JSON, or breaks off, is one of 202 all the same: what was sent is there. */
async function complaintsIn(response: Response): Promise<number> {
  const answer: unknown = await response.json().catch(() => undefined);
  const errors = typeof answer === 'object' && answer !== null && 'errors' in answer ? answer.errors : undefined;
  return Array.isArray(errors) ? errors.length : 0;
}

function isWorthTrying(status: number | undefined): boolean {
  return status === undefined || status === 408 || status === 429 || status >= 500;
}

/** Seconds, or a date. */
function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? headers.get('x-ratelimit-reset');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Never the message of an error: a header that is refused is told in it. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'it did not answer in time';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : error.name;
}
