/**
 * How far ahead of the last saved checkpoint a segment may start items: that many may have to be worked again after a
 * crash, and that many are suspects then (see `suspects.ts`).
 *
 * Each checkpoint promises how many items will be started behind it at most before the next one is saved, and the loop
 * keeps to that. The promise grows with the pace, fourfold from checkpoint to checkpoint, so that a slow job has a small
 * window and a fast one is not held up: at most by waiting for a checkpoint that is being written anyway.
 *
 * Guarantees: after a crash at most `promised` items from the checkpoint's cursor on had been started.
 */
import type { Watermark } from './watermark.ts';

/** The most items that are started behind a checkpoint before the next one is saved, besides those in flight. */
const mostBehind = 2_000;
const fewestBehind = 64;
const growth = 4;
/**
 * An item that takes very long holds the watermark while others are settled beyond it. They too are worked again after
 * a crash, so the segment waits for it when it is so far ahead.
 */
export const mostAhead = 10_000;

/** What a first checkpoint would have promised: known without one. */
export function firstHeadStart(inFlight: number): number {
  return fewestBehind + inFlight;
}

export class HeadStart {
  readonly #watermark: Pick<Watermark<unknown>, 'started' | 'ahead'>;
  readonly #inFlight: number;
  #startedAtLast = 0;
  #mayStart: number;

  /** `inFlight`: how many items can be in flight at once. */
  constructor(watermark: Pick<Watermark<unknown>, 'started' | 'ahead'>, inFlight: number) {
    this.#watermark = watermark;
    this.#inFlight = inFlight;
    this.#mayStart = firstHeadStart(inFlight);
  }

  /** Items that may be started before the next checkpoint is saved. */
  get left(): number {
    return this.#mayStart - this.#watermark.started;
  }

  /** Makes the promise of a checkpoint that is being taken, counted from its cursor; in force once `keep` is called. */
  promise(): { readonly promised: number; readonly keep: () => void } {
    const { started, ahead } = this.#watermark;
    const pace = Math.max(0, started - this.#startedAtLast);
    const behind = Math.min(mostBehind, Math.max(fewestBehind, growth * pace)) + this.#inFlight;
    const until = started + behind;
    // A smaller promise binds at once: the checkpoint may be the one that counts before we hear that it was saved.
    this.#mayStart = Math.min(this.#mayStart, until);
    return {
      promised: ahead + behind,
      keep: () => {
        this.#startedAtLast = started;
        this.#mayStart = until;
      },
    };
  }
}
