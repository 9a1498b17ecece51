/**
 * The last exchanges of a call with other services, kept in memory in case its item fails.
 *
 * Keeps the last five, over all attempts at the item: method, URL, headers, bodies up to 16,384 characters, times, status,
 * and the error when no whole answer came. Of a group it is the group's: its items share one log.
 * While the item goes well it costs references only: nothing is parsed or redacted, and nothing is copied but the kept
 * part of a longer body, so that the rest can be let go of.
 *
 * What is kept is as it was, secrets and all: nothing of it may leave the process but through `redact.ts`.
 * Does not keep a body that broke off, nor requests that were never made (a dry run's write, a body that is no JSON).
 */

/** A body, or the beginning of one that is longer than is kept. */
export type KeptBody = string | CutBody;

export interface CutBody {
  readonly text: string;
  /** How many characters are missing. */
  readonly more: number;
  /** There were still more, that nobody has counted. */
  readonly open: boolean;
}

export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Wall clock. */
  readonly startedAtMs: number;
  /** Monotonic. */
  readonly startedMs: number;
}

/** Headers of an answer, as undici gives them. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const keptExchanges = 5;
const keptCharacters = 16 * 1024;

/** One exchange, from its start on. */
export class Exchange {
  readonly request: SentRequest;
  readonly requestBody: KeptBody | null;
  /** Undefined: it is not over. */
  durationMs: number | undefined = undefined;
  status: number | null = null;
  headers: AnswerHeaders = {};
  body: KeptBody | null = null;
  /** What was thrown because no whole answer came. */
  error: unknown = undefined;

  constructor(request: SentRequest) {
    this.requestBody = request.body === null ? null : keepBody(request.body);
    // The whole body is not to be held for the sake of its beginning.
    this.request = typeof this.requestBody === 'object' ? { ...request, body: null } : request;
  }

  end(nowMs: number): void {
    this.durationMs = nowMs - this.request.startedMs;
  }
}

export class ExchangeLog {
  readonly #exchanges: Exchange[] = [];

  /** Oldest first. */
  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  begin(request: SentRequest): Exchange {
    const exchange = new Exchange(request);
    this.#exchanges.push(exchange);
    if (this.#exchanges.length > keptExchanges) this.#exchanges.shift();
    return exchange;
  }

  /** A log that goes on by itself: items of one group may be tried again apart from each other. */
  copy(): ExchangeLog {
    const copy = new ExchangeLog();
    copy.#exchanges.push(...this.#exchanges);
    return copy;
  }
}

/** What is kept of a body. `open`: it went on after this. */
export function keepBody(text: string, open = false): KeptBody {
  if (text.length <= keptCharacters && !open) return text;
  // A slice would hold on to the whole text; what went through a buffer does not.
  const kept = Buffer.from(text.slice(0, keptCharacters)).toString();
  return { text: kept, more: Math.max(0, text.length - keptCharacters), open };
}
