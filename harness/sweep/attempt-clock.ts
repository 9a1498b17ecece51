/**
 * The clock of one attempt in a sweep: the world's clock, until the attempt is stopped.
 *
 * Guarantees: while it is stopped none of its timers fires, as in a process that was sent SIGSTOP; those that came due meanwhile fire
 * when it is woken. Once it is buried they fire at once, so that what is left of the attempt comes to its end: those in the background
 * never, and after a second none, for they may set themselves again for ever.
 */
import type { Clock, Timer, TimerOptions } from '@stint/sdk';
import { sleepBy } from '../time/virtual-timers.ts';

// Of real time.
const unwindsMs = 1_000;

interface Held {
  readonly dueMs: number;
  readonly fn: () => void;
  readonly options: TimerOptions | undefined;
  timer: Timer | undefined;
}

export class AttemptClock implements Clock {
  readonly #world: Clock;
  readonly #held = new Set<Held>();
  #state: 'running' | 'stopped' | 'buried' = 'running';
  #buriedMs = 0;

  constructor(world: Clock) {
    this.#world = world;
  }

  now(): number {
    return this.#world.now();
  }

  monotonicMs(): number {
    return this.#world.monotonicMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy((delayMs, fn) => this.setTimer(delayMs, fn), ms, signal);
  }

  setTimer(ms: number, fn: () => void, options?: TimerOptions): Timer {
    const held: Held = { dueMs: this.monotonicMs() + Math.max(ms, 0), fn, options, timer: undefined };
    this.#held.add(held);
    this.#start(held);
    return {
      cancel: () => {
        this.#held.delete(held);
        held.timer?.cancel();
      },
    };
  }

  stop(): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    for (const { timer } of this.#held) timer?.cancel();
  }

  wake(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    for (const held of [...this.#held].sort((a, b) => a.dueMs - b.dueMs)) this.#start(held);
  }

  bury(): void {
    this.stop();
    this.#state = 'buried';
    this.#buriedMs = performance.now();
    for (const held of this.#held) this.#start(held);
  }

  #start(held: Held): void {
    const fire = () => {
      // Cancelled, or fired, between being due and now.
      if (this.#state !== 'stopped' && this.#held.delete(held)) held.fn();
    };
    if (this.#state === 'running') {
      held.timer = this.#world.setTimer(held.dueMs - this.monotonicMs(), fire, held.options);
    } else if (this.#state === 'buried' && held.options?.background !== true) {
      if (performance.now() - this.#buriedMs < unwindsMs) setImmediate(fire);
    }
  }
}
