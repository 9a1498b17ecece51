/**
 * Tells whether another's lease has expired in a store that has no clock: it has when it stood still for its whole ttl,
 * by the monotonic clock of whoever watches.
 *
 * Why that is safe: the holder trusts its lease only for less than `ttlMs` from *before* it sent its last heartbeat, and
 * we count from *after* we saw that heartbeat. The takeover itself is conditional on what was seen.
 */
import type { Clock } from '../clock.ts';
import type { Sighting } from './ledger.ts';

export class LeaseWatch {
  readonly #clock: Clock;
  #first: Sighting | undefined;
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What has stood still for its ttl; undefined: nothing has, yet. */
  get expired(): Sighting | undefined {
    return this.#first !== undefined && this.leftMs <= 0 ? this.#first : undefined;
  }

  /** How long it has to stand still yet, in ms. */
  get leftMs(): number {
    return this.#first === undefined ? 0 : this.#sinceMs + this.#first.ttlMs - this.#clock.monotonicMs();
  }

  /** Takes note of what was seen. True: it moved, so its holder is alive, and is watched anew from here. */
  note(sighting: Sighting): boolean {
    const first = this.#first;
    if (first !== undefined && isSame(first, sighting)) return false;
    this.#first = sighting;
    this.#sinceMs = this.#clock.monotonicMs();
    return first !== undefined;
  }
}

function isSame(a: Sighting, b: Sighting): boolean {
  return a.leaseKey === b.leaseKey && a.fencingToken === b.fencingToken && a.beat === b.beat;
}
