/**
 * What a fake was asked, and the figures that tests assert on.
 *
 * Guarantees: figures are computed from the arrival and answer times of every call since the start or the last reset,
 * not sampled. A call counts from the arrival of its head until its answer is about to be sent, which lies
 * within the time that the client had it open; so concurrency is never overstated for clients that wait for their answers.
 * A client that gives up and asks again can be seen twice for a moment.
 */
import type { Call } from './call.ts';
import { peakConcurrency, peakPerSecond } from './peaks.ts';

type OpenCall = { -readonly [TKey in keyof Call]: Call[TKey] };

export interface StartedCall {
  readonly call: Call;
  /** Ends the call: with the answer's status, or with undefined if none is sent. */
  readonly finish: (status: number | undefined) => void;
}

export class CallLog {
  #calls: OpenCall[] = [];

  /** Every call in order of arrival, those in flight included. */
  get all(): readonly Call[] {
    return this.#calls;
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

  /** The most calls that were open at one time. */
  get peakConcurrency(): number {
    return peakConcurrency(this.#calls);
  }

  /** The most calls that arrived in any second: any window `[t, t + 1 s)`, not clock seconds. */
  get peakPerSecond(): number {
    return peakPerSecond(this.#calls.map((call) => call.startedAtMs));
  }

  /** Records an arrival. */
  start(arrival: Pick<Call, 'method' | 'path' | 'idempotencyKey'>): StartedCall {
    const call: OpenCall = { ...arrival, startedAtMs: performance.now(), finishedAtMs: undefined, status: undefined };
    this.#calls.push(call);
    const finish = (status: number | undefined): void => {
      call.finishedAtMs = performance.now();
      call.status = status;
    };
    return { call, finish };
  }

  /** Forgets every call; those in flight end unseen. */
  clear(): void {
    this.#calls = [];
  }
}
