/** A process of the simulation: its clocks, its signal, and what is going to happen to it. */
import type { Clock, Timer } from '../../clock.ts';
import type { Effect, EffectMiddleware } from '../../effects.ts';
import { sigterm } from '../run-world.ts';
import { SimulatedProcess } from '../simulated-process.ts';
import type { Draw } from './draw.ts';
import type { FaultsPlan, TargetPlan, Window } from './plan.ts';
import type { Attempt } from './run-truth.ts';
import type { Trace } from './trace.ts';

/** What befalls a process at one of its effects. */
type Harm = 'kill before' | 'kill after' | 'stop after' | 'term';

export interface ActorOptions {
  readonly name: string;
  readonly target: TargetPlan;
  readonly clock: Clock;
  readonly draw: Draw;
  readonly faults: FaultsPlan;
  readonly leaseTtlMs: number;
  readonly trace: Trace;
}

const hour = 3_600_000;

/** Waits for what never comes. */
export const never = <TValue>() => new Promise<TValue>(() => {});

export class Actor {
  readonly name: string;
  readonly target: TargetPlan;
  readonly process: SimulatedProcess;
  /** Resolves when it has died or its run has returned. */
  readonly over: Promise<void>;
  attempt: Attempt | undefined;
  hasReturned = false;
  readonly #options: ActorOptions;
  readonly #clock: SkewedClock;
  readonly #controller = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #harms = new Map<number, Harm>();
  readonly #partitions: Window[] = [];
  readonly #slow: Window[] = [];
  #effects = 0;

  constructor(options: ActorOptions) {
    const { name, target, clock, draw, faults } = options;
    this.#options = options;
    this.name = name;
    this.target = target;
    const skew = () => draw.int(-faults.skewMs, faults.skewMs);
    this.#clock = new SkewedClock(clock, { wallMs: skew(), monotonicMs: draw.int(0, hour) });
    this.process = new SimulatedProcess(this.#clock);
    this.over = this.#over.promise;
    if (clock.monotonicMs() < faults.untilMs) this.#drawHarms();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Timers that it has set and that wait to fire. */
  get pendingTimers(): number {
    return this.#clock.pending;
  }

  get isAlive(): boolean {
    return this.process.isAlive && !this.hasReturned;
  }

  /** Whether the ledger is out of its reach. */
  isCutOff(nowMs: number): boolean {
    return isWithin(nowMs, this.#partitions);
  }

  /** Whether answers take long to come. */
  isSlow(nowMs: number): boolean {
    return isWithin(nowMs, this.#slow);
  }

  returned(): void {
    this.hasReturned = true;
    this.#over.resolve();
  }

  kill(why: string): void {
    if (!this.isAlive) return;
    this.#options.trace.note(this.name, `is killed, ${why}`);
    this.process.kill();
    this.#over.resolve();
  }

  /** Lets an effect happen, and to the process what is going to happen at it. */
  readonly middleware: EffectMiddleware = (effect, next) =>
    this.process.middleware(effect, async () => {
      this.#effects += 1;
      const { clock, faults } = this.#options;
      const harm = clock.monotonicMs() < faults.untilMs ? this.#harms.get(this.#effects) : undefined;
      if (harm === 'kill before') {
        this.kill(`before ${effect.operation}`);
        return never();
      }
      const result = await next();
      if (harm === 'kill after') this.kill(`after ${effect.operation}`);
      if (harm === 'stop after') this.#stop(`after ${effect.operation}`);
      if (harm === 'term') this.#term(`at ${effect.operation}`);
      return result;
    });

  /** One step of a call that is made of several. */
  step<TResult>(operation: string, fn: () => Promise<TResult>): Promise<TResult> {
    const effect: Effect = { kind: 'ledger', operation, target: 'store', write: true };
    return this.middleware(effect, fn) as Promise<TResult>;
  }

  #drawHarms(): void {
    const { draw, faults, leaseTtlMs } = this.#options;
    const atEffect = () => draw.small(1, draw.pick([10, 100, 1_000]));
    const afterMs = () => draw.small(0, 60_000);
    if (draw.chance(faults.kill)) {
      if (draw.chance(0.7)) this.#harms.set(atEffect(), draw.pick(['kill before', 'kill after']));
      else this.#later(afterMs(), () => this.kill('at some time'));
    }
    if (draw.chance(faults.term)) {
      if (draw.chance(0.5)) this.#harms.set(atEffect(), 'term');
      else this.#later(afterMs(), () => this.#term('at some time'));
    }
    if (draw.chance(faults.stop)) {
      if (draw.chance(0.5)) this.#harms.set(atEffect(), 'stop after');
      else this.#later(afterMs(), () => this.#stop('at some time'));
    }
    if (draw.chance(faults.partition)) {
      const fromMs = this.#options.clock.monotonicMs() + afterMs();
      const cut = { fromMs, untilMs: Math.min(faults.untilMs, fromMs + draw.int(leaseTtlMs / 3, 3 * leaseTtlMs)) };
      this.#partitions.push(cut);
      // Before it is cut off for good a bad line is slow.
      if (draw.chance(0.7)) this.#slow.push({ fromMs: fromMs - leaseTtlMs, untilMs: fromMs });
    }
  }

  #later(ms: number, fn: () => void): void {
    const { clock, faults } = this.#options;
    if (clock.monotonicMs() + ms < faults.untilMs) clock.setTimer(ms, () => this.isAlive && fn());
  }

  #term(when: string): void {
    const { clock, draw, trace } = this.#options;
    trace.note(this.name, `gets SIGTERM ${when}`);
    this.#controller.abort(sigterm());
    const graceMs = draw.pick([500, 30_000, 120_000]);
    if (draw.chance(0.7)) clock.setTimer(graceMs, () => this.isAlive && this.kill('its grace is over'));
  }

  #stop(when: string): void {
    const { clock, draw, trace, leaseTtlMs } = this.#options;
    if (!this.isAlive) return;
    const ms = draw.int(100, draw.chance(0.5) ? leaseTtlMs : 3 * leaseTtlMs);
    trace.note(this.name, `is stopped ${when}, for ${ms} ms`);
    this.process.stop();
    clock.setTimer(ms, () => {
      if (!this.isAlive) return;
      trace.note(this.name, 'continues');
      this.process.continue();
    });
  }
}

function isWithin(nowMs: number, windows: readonly Window[]): boolean {
  return windows.some(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs);
}

/** The clocks of one machine: the wall clock wrong, the monotonic one from another moment. Counts its timers. */
class SkewedClock implements Clock {
  pending = 0;
  readonly #clock: Clock;
  readonly #skew: { readonly wallMs: number; readonly monotonicMs: number };

  constructor(clock: Clock, skew: { readonly wallMs: number; readonly monotonicMs: number }) {
    this.#clock = clock;
    this.#skew = skew;
  }

  now(): number {
    return Math.floor(this.#clock.now() + this.#skew.wallMs);
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs() + this.#skew.monotonicMs;
  }

  sleep(): Promise<void> {
    throw new Error('expected a process to sleep by its own clock');
  }

  setTimer(ms: number, fn: () => void): Timer {
    let isPending = true;
    const end = () => {
      if (isPending) this.pending -= 1;
      isPending = false;
    };
    this.pending += 1;
    const timer = this.#clock.setTimer(ms, () => {
      end();
      fn();
    });
    return {
      cancel: () => {
        end();
        timer.cancel();
      },
    };
  }
}
