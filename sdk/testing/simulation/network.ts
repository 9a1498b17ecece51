/** The way from a process to its ledger, or to the items that it is made of: calls are late, lost, or land long after. */
import type { Clock } from '../../clock.ts';
import { StintError } from '../../errors.ts';
import { type Actor, never } from './actor.ts';
import type { Draw } from './draw.ts';
import type { FaultsPlan, Window } from './plan.ts';
import type { Trace } from './trace.ts';

type Harm = 'none' | 'refuse' | 'lose' | 'drop' | 'hang' | 'land late';

/** A call that its caller has given up on lands so much later. */
export const longestLateMs = 45_000;

export interface NetworkOptions {
  readonly actor: Actor;
  readonly clock: Clock;
  readonly draw: Draw;
  readonly faults: FaultsPlan;
  readonly trace: Trace;
  /** When a call without an answer is given up on; undefined: never. */
  readonly timeoutMs: number | undefined;
}

export class Network {
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  async call<TResult>(operation: string, apply: () => Promise<TResult>): Promise<TResult> {
    const { clock, draw, actor, trace, faults } = this.#options;
    const harm = this.#drawHarm();
    const delayMs = () => (faults.latencyMs === 0 ? 0 : draw.int(0, faults.latencyMs));
    if (harm !== 'none') trace.note(actor.name, `${operation} is to ${harm}`);
    if (harm === 'drop') return this.#unanswered();
    if (harm === 'land late') {
      const lateMs = draw.int(1_000, longestLateMs);
      clock.sleep(lateMs).then(() => {
        trace.note(actor.name, `${operation} lands ${lateMs} ms late`);
        apply().catch(() => {});
      });
      return this.#unanswered();
    }
    await this.#wait(delayMs());
    if (harm === 'refuse') throw new StintError('STINT_STORE_UNREACHABLE', 'could not reach the store');
    const result = await apply();
    if (harm === 'hang') return this.#unanswered();
    await this.#wait(delayMs() + (actor.isSlow(clock.monotonicMs()) ? draw.int(0, 9_500) : 0));
    if (harm === 'lose') throw new StintError('STINT_STORE_LOST', 'the connection was lost');
    return result;
  }

  #drawHarm(): Harm {
    const { clock, draw, actor, faults } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs >= faults.untilMs) return 'none';
    const isOut = ({ fromMs, untilMs }: Window) => nowMs >= fromMs && nowMs < untilMs;
    if (actor.isCutOff(nowMs) || faults.outages.some(isOut)) return draw.pick(['refuse', 'drop']);
    return draw.chance(faults.callRate) ? draw.pick(['refuse', 'lose', 'lose', 'drop', 'hang', 'land late']) : 'none';
  }

  async #unanswered(): Promise<never> {
    const { clock, timeoutMs } = this.#options;
    if (timeoutMs === undefined) return never();
    await clock.sleep(timeoutMs);
    throw new StintError('STINT_STORE_LOST', 'no answer came in time');
  }

  async #wait(ms: number): Promise<void> {
    if (ms > 0) await this.#options.clock.sleep(ms);
  }
}
