/**
 * The gate that all effects of one attempt pass in a sweep: it numbers them, and can stop the attempt at any of them.
 *
 * A stopped attempt does nothing any more: no effect of it begins, none that has ended is told to it, and its clock stands.
 * What was on its way to a store or service when it stopped arrives there, as it would from a process that was killed just then.
 * It is then either woken (a process that was frozen), or buried: its effects reject, so that what it holds is given back.
 *
 * Guarantees: effects have the same numbers in each run of a case in virtual time. Does not hold what goes round the door: see `outside.ts`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Effect, EffectDetail, EffectMiddleware } from '@stint/sdk';
import type { AttemptClock } from './attempt-clock.ts';
import { frameOfJob } from './frame.ts';
import type { OutsideCall } from './outside.ts';

/** An effect as it was seen at the gate. */
export interface SeenEffect {
  /** Of a request: `POST /charges`, without its host; known when it is on its way. */
  request: string | undefined;
  /** From 1, in the order in which they began. */
  readonly number: number;
  readonly effect: Effect;
  /** The items that were worked when it began: one, or a group. Empty: it belongs to none. */
  readonly items: readonly string[];
  /** It was asked for when the attempt stood still already, and done when it was woken. */
  readonly wasHeld: boolean;
  /** Where in the job it was asked for, `jobs/<name>/job.ts:41`; undefined: not by the job's own code, or not traced. */
  readonly at: string | undefined;
}

/** Where at an effect something happens. */
export type Moment = 'before' | 'after';

export interface Stop {
  readonly number: number;
  readonly moment: Moment;
}

export interface GateOptions {
  readonly clock: AttemptClock;
  /** Where to stop the attempt. @default nowhere */
  readonly stop?: Stop | undefined;
  /** Remember where in the job effects are asked for; costs a stack each. @default false */
  readonly trace?: boolean;
  /** Around an effect, innermost: where faults are put. @default nothing */
  readonly inner?: ((seen: SeenEffect, next: () => Promise<unknown>) => Promise<unknown>) | undefined;
  /** Told when an effect has ended, and awaited before the attempt is told. @default nobody */
  readonly onEnd?: ((seen: SeenEffect, clock: AttemptClock, signal?: AbortSignal) => Promise<void> | void) | undefined;
  /** Told at once when the attempt is stopped. @default nobody */
  readonly onStop?: ((seen: SeenEffect) => void) | undefined;
  /** Told before an effect begins. @default nobody */
  readonly onEffect?: ((seen: SeenEffect, detail: (() => EffectDetail) | undefined) => void) | undefined;
}

/** Whether code runs inside of an effect of an attempt; undefined: it is none of an attempt's. */
export const insideEffect = new AsyncLocalStorage<{ readonly gate: Gate; readonly seen: SeenEffect | undefined }>();

/** What a handler is about. */
export interface Worked {
  readonly keys: readonly string[];
  /** Fires when it is to end. */
  readonly signal: AbortSignal;
}

/** What is being worked on. */
export const workedItems = new AsyncLocalStorage<Worked>();

export class BuriedError extends Error {
  override readonly name = 'BuriedError';

  constructor() {
    super('this attempt was ended by a sweep');
  }
}

export class Gate {
  /** Every effect so far. */
  readonly seen: SeenEffect[] = [];
  /** What the attempt did outside of its effects. */
  readonly outside: OutsideCall[] = [];
  /** Resolves when the attempt has been stopped where it was to be. */
  readonly stopped: Promise<SeenEffect>;
  readonly #options: GateOptions;
  readonly #resolveStopped: (seen: SeenEffect) => void;
  #state: 'open' | 'stopped' | 'buried' = 'open';
  #change = Promise.withResolvers<void>();
  #stoppedAt: SeenEffect | undefined;
  #onTheirWay = 0;
  #idle = Promise.withResolvers<void>();

  constructor(options: GateOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<SeenEffect>();
    this.stopped = promise;
    this.#resolveStopped = resolve;
  }

  /** Where the attempt was stopped; undefined: it was not. */
  get stoppedAt(): SeenEffect | undefined {
    return this.#stoppedAt;
  }

  /** Outermost. */
  readonly outer: EffectMiddleware = async (effect, next, detail) => {
    const wasHeld = this.#state === 'stopped';
    // While those that asked for it are on the stack.
    const at = this.#options.trace ? frameOfJob() : undefined;
    await this.#pass();
    const seen = this.#note(effect, wasHeld, at);
    this.#options.onEffect?.(seen, detail);
    if (this.#isDue(seen, 'before')) this.#stop(seen);
    await this.#pass();
    try {
      return await insideEffect.run({ gate: this, seen }, next);
    } finally {
      await this.#options.onEnd?.(seen, this.#options.clock, workedItems.getStore()?.signal);
      if (this.#isDue(seen, 'after')) this.#stop(seen);
      await this.#pass();
    }
  };

  /** Innermost: what waited for its turn when the attempt was buried is not sent. */
  readonly inner: EffectMiddleware = async (_effect, next) => {
    if (this.#state === 'buried') throw new BuriedError();
    const seen = insideEffect.getStore()?.seen;
    const { inner } = this.#options;
    this.#onTheirWay += 1;
    try {
      return await (inner === undefined || seen === undefined ? next() : inner(seen, next));
    } finally {
      this.#onTheirWay -= 1;
      if (this.#onTheirWay === 0) {
        this.#idle.resolve();
        this.#idle = Promise.withResolvers<void>();
      }
    }
  };

  /** Resolves when none of its effects is on its way to a store or service. */
  async idle(): Promise<void> {
    while (this.#onTheirWay > 0) await this.#idle.promise;
  }

  /** Stops the attempt where it is. */
  halt(): void {
    if (this.#state !== 'open') return;
    this.#state = 'stopped';
    this.#options.clock.stop();
  }

  /** Lets a stopped attempt go on. */
  wake(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'open';
    this.#options.clock.wake();
    this.#release();
  }

  /** Ends a stopped attempt for good: nothing of it gets out, and what it waits for rejects. */
  bury(): void {
    this.#state = 'buried';
    this.#options.clock.bury();
    this.#release();
  }

  #note(effect: Effect, wasHeld: boolean, at: string | undefined): SeenEffect {
    const worked = workedItems.getStore();
    const seen: SeenEffect = {
      number: this.seen.length + 1,
      effect,
      items: worked?.keys ?? [],
      at,
      request: undefined,
      wasHeld,
    };
    this.seen.push(seen);
    return seen;
  }

  #isDue({ number }: SeenEffect, moment: Moment): boolean {
    const { stop } = this.#options;
    return this.#stoppedAt === undefined && stop?.number === number && stop.moment === moment;
  }

  #stop(seen: SeenEffect): void {
    this.#stoppedAt = seen;
    this.halt();
    this.#options.onStop?.(seen);
    this.#resolveStopped(seen);
  }

  async #pass(): Promise<void> {
    while (this.#state === 'stopped') await this.#change.promise;
    if (this.#state === 'buried') throw new BuriedError();
  }

  #release(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}

/** `POST /charges`, `update (postgres)`, `ledger checkpoint`: an effect for people. */
export function describeEffect({ effect: { kind, operation, target }, request }: SeenEffect): string {
  if (request !== undefined) return request;
  if (kind === 'ledger' || kind === 'sleep') return `${kind} ${operation}`;
  return kind === 'postgres' ? `${operation} (postgres)` : `${operation} (${kind} ${target})`;
}

/** Tells effects apart that are not the same in two runs of a case; hosts and databases have other names in each world. */
export function kindOfEffect({ effect: { kind, operation, write } }: SeenEffect): string {
  return `${kind} ${operation} ${write}`;
}
