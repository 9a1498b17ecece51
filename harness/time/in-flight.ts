/**
 * What of a run is in flight: its effects, seen by a middleware, and the calls that wait for time inside a fake.
 *
 * An effect that has ended is told to the run only when all others in flight have ended too, or wait for time; then they
 * are told in the order in which they began. Requests are sent one after the other, in that order too: each when a fake
 * has answered the one before, or lets it wait for time.
 *
 * Guarantees: what the run sees of real stores and fakes comes in the same order each time.
 * Does not guarantee the order in which a store takes statements that were sent at the same moment. Where one of them
 * waits for another (a lock that a transaction holds), or a fake answers one request after another has come, the order is
 * given up after a second of real time.
 */
import type { Effect, EffectMiddleware } from '@stint/sdk';
import { Turnstile } from './turnstile.ts';

interface Entry {
  readonly effect: Effect;
  /** Set when it has ended: tells the run. */
  tell: (() => void) | undefined;
}

export class InFlight {
  // In the order in which they began.
  readonly #entries = new Set<Entry>();
  readonly #turnstile = new Turnstile();
  readonly #parked = new Map<symbol, string>();
  #activity = 0;
  readonly #watchers = new Set<() => void>();

  /** Put outermost, so that it sees all that happens inside of others too. */
  readonly middleware: EffectMiddleware = async (effect, next) => {
    // A sleep waits for time, and for nothing else.
    if (effect.kind === 'sleep') return next();
    const entry: Entry = { effect, tell: undefined };
    this.#entries.add(entry);
    this.#note();
    try {
      return await (effect.kind === 'http' ? this.#turnstile.pass(next) : next());
    } finally {
      await new Promise<void>((resolve) => {
        entry.tell = resolve;
        this.#note();
      });
    }
  };

  /** Counts what happens: as long as it stays the same, nothing does. */
  get activity(): number {
    return this.#activity;
  }

  /** Whether nothing is on its way but calls that wait for time. What has ended may wait to be told. */
  get isStill(): boolean {
    let requests = 0;
    for (const { effect, tell } of this.#entries) {
      if (tell !== undefined) continue;
      if (effect.kind !== 'http') return false;
      requests += 1;
    }
    // When a client has gone and its fake has not noticed yet, these differ.
    return requests === this.#parked.size;
  }

  /** Takes note that a fake is about to answer. */
  noteAnswer(): void {
    this.#turnstile.open();
  }

  /** Takes note that a call waits for time inside a fake; undo it with what is returned. */
  park(call: string): () => void {
    const id = Symbol(call);
    this.#parked.set(id, call);
    this.#turnstile.open();
    this.#note();
    return () => {
      this.#parked.delete(id);
      this.#note();
    };
  }

  /** Something waits for something that waits for its turn: lets both go on, whatever the order. */
  unlock(): void {
    this.#turnstile.open();
    this.tellEnded();
  }

  /** Tells the run of all that has ended, in order; false: nothing has. */
  tellEnded(): boolean {
    const ended = [...this.#entries].filter(({ tell }) => tell !== undefined);
    for (const entry of ended) this.#entries.delete(entry);
    for (const { tell } of ended) tell?.();
    if (ended.length > 0) this.#note();
    return ended.length > 0;
  }

  /** Resolves with the next thing that happens, or after `ms` of real time. */
  async change(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#watchers.add(resolve);
    await promise;
    this.#watchers.delete(resolve);
    clearTimeout(timer);
  }

  /** What is in flight, for people. */
  describe(): string {
    const open = [...this.#entries].filter(({ tell }) => tell === undefined);
    const effects = open.map(({ effect: { kind, operation, target } }) => `${kind} ${operation} (${target})`);
    const calls = [...this.#parked.values()].map((call) => `${call}, which waits for time in its fake`);
    return [...effects, ...calls].join('; ') || 'nothing';
  }

  #note(): void {
    this.#activity += 1;
    for (const tell of this.#watchers) tell();
  }
}
