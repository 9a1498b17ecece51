/**
 * An item that goes on, and what it did: remembered until it is known whether it is traced.
 *
 * Of an item that is traced already each effect becomes a span at once. Of others the last 32 are remembered, in case the
 * item fails or is slow; nothing but what an effect is, and when.
 */
import type { Effect } from '../effects.ts';
import type { QuietSpan } from './tracer.ts';

export interface PerformedEffect {
  readonly effect: Effect;
  /** By the wall clock. */
  readonly startTimeMs: number;
  readonly durationMs: number;
  /** Undefined: it did what it should. */
  readonly failure: { readonly error: unknown } | undefined;
}

const mostRemembered = 32;

export class TracedItem {
  /** Undefined: it is not traced, yet. */
  span: QuietSpan | undefined = undefined;
  // A ring: where the next one goes once it is full.
  readonly #remembered: PerformedEffect[] = [];
  #next = 0;
  #forgotten = 0;

  /** Effects that were not remembered. */
  get forgotten(): number {
    return this.#forgotten;
  }

  remember(performed: PerformedEffect): void {
    if (this.#remembered.length < mostRemembered) {
      this.#remembered.push(performed);
      return;
    }
    this.#remembered[this.#next] = performed;
    this.#next = (this.#next + 1) % mostRemembered;
    this.#forgotten += 1;
  }

  /** Hands out what is remembered, oldest first. */
  takeRemembered(): readonly PerformedEffect[] {
    const newest = this.#remembered.splice(0, this.#next);
    this.#next = 0;
    return [...this.#remembered.splice(0), ...newest];
  }
}
