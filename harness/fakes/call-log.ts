/**
 * What a fake was asked, and the figures that tests assert on.
 *
 * Guarantees: figures are computed from the arrival and answer times of every call since the start or the last reset,
 * not sampled. A call counts from the arrival of its head until its answer is about to be sent, which lies
 * within the time that the client had it open; so concurrency is never overstated for clients that wait for their answers.
 * A client that gives up and asks again can be seen twice for a moment.
 */
import { type Call, describeCall } from './call.ts';
import { callTable } from './call-table.ts';
import { peakConcurrency, peakPerSecond } from './peaks.ts';

type OpenCall = { -readonly [TKey in keyof Call]: Call[TKey] };

export interface StartedCall {
  readonly call: Call;
  /** Ends the call: with the answer's status, or with undefined if none is sent. */
  readonly finish: (status: number | undefined) => void;
}

/** A log as JSON. */
export interface CallLogJson {
  readonly count: number;
  readonly byStatus: Readonly<Record<number, number>>;
  readonly peakConcurrency: number;
  readonly peakPerSecond: number;
  readonly duplicates: readonly DuplicateKey[];
  readonly writesWithoutKey: number;
  readonly calls: readonly Call[];
}

/** An `Idempotency-Key` that came more than once. */
export interface DuplicateKey {
  readonly key: string;
  readonly times: number;
  /** The different calls that carried it, such as `POST /refunds`: more than one means that two writes share a key. */
  readonly calls: readonly string[];
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export class CallLog {
  readonly #nowMs: () => number;
  #calls: OpenCall[] = [];
  // Apart from the calls, which may be printed anywhere.
  readonly #queries = new WeakMap<Call, string>();

  /** @param nowMs the clock that calls are timed by, in ms. @default `performance.now()` */
  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Every call in order of arrival, those in flight included. */
  get all(): readonly Call[] {
    return this.#calls;
  }

  /** What stood behind the call's path, `?` included; '' for nothing. May hold what must not be printed. */
  queryOf(call: Call): string {
    return this.#queries.get(call) ?? '';
  }

  /** How many calls there were. @default every method and every path */
  count(method?: string, pathPrefix = ''): number {
    return this.#calls.filter(
      (call) => (method === undefined || call.method === method) && call.path.startsWith(pathPrefix),
    ).length;
  }

  /** How many calls were answered with each status; calls without an answer are left out. */
  get byStatus(): Readonly<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const { status } of this.#calls) if (status !== undefined) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  /** How often each `Idempotency-Key` was seen. */
  get idempotencyKeys(): ReadonlyMap<string, number> {
    const seen = new Map<string, number>();
    for (const { idempotencyKey: key } of this.#calls) if (key !== undefined) seen.set(key, (seen.get(key) ?? 0) + 1);
    return seen;
  }

  /** Keys that were seen more than once, most often first: who answers such a call must not do its work again. */
  get duplicates(): readonly DuplicateKey[] {
    const calls = this.#calls.filter(({ idempotencyKey }) => idempotencyKey !== undefined);
    return [...Map.groupBy(calls, ({ idempotencyKey }) => idempotencyKey ?? '')]
      .filter(([, same]) => same.length > 1)
      .map(([key, same]) => ({ key, times: same.length, calls: [...new Set(same.map(describeCall))] }))
      .toSorted((a, b) => b.times - a.times);
  }

  /** Calls that change something and carry no `Idempotency-Key`: they are not safe to repeat. */
  get writesWithoutKey(): readonly Call[] {
    return this.#calls.filter(
      ({ method, idempotencyKey }) => !readingMethods.has(method) && idempotencyKey === undefined,
    );
  }

  /** The most calls that were open at one time. */
  get peakConcurrency(): number {
    return peakConcurrency(this.#calls);
  }

  /** The most calls that arrived in any second: any window `[t, t + 1 s)`, not clock seconds. */
  get peakPerSecond(): number {
    return peakPerSecond(this.#calls.map((call) => call.startedAtMs));
  }

  /** Records an arrival. @param query with its `?`. @default none */
  start(arrival: Pick<Call, 'method' | 'path' | 'idempotencyKey'>, query = ''): StartedCall {
    const call: OpenCall = { ...arrival, startedAtMs: this.#nowMs(), finishedAtMs: undefined, status: undefined };
    this.#calls.push(call);
    if (query !== '') this.#queries.set(call, query);
    const finish = (status: number | undefined): void => {
      call.finishedAtMs = this.#nowMs();
      call.status = status;
    };
    return { call, finish };
  }

  /** The figures and the calls, for machines. */
  toJSON(): CallLogJson {
    return {
      count: this.#calls.length,
      byStatus: this.byStatus,
      peakConcurrency: this.peakConcurrency,
      peakPerSecond: this.peakPerSecond,
      duplicates: this.duplicates,
      writesWithoutKey: this.writesWithoutKey.length,
      calls: this.#calls.map((call) => ({ ...call })),
    };
  }

  /** The calls as a table, for people: when, how long, what, and what came of it. @default limit: the first 50 */
  toTable(limit = 50): string {
    return callTable(this.#calls, limit);
  }

  /** Forgets every call; those in flight end unseen. */
  clear(): void {
    this.#calls = [];
  }
}
