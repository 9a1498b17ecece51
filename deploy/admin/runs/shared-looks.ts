/**
 * Looks at the ledger that several take part in: whoever asks for the same within `keepMs` gets what the first one got.
 *
 * Guarantees: what is given was looked for at most `keepMs` ago, and after the last `forget`. A look that failed is shared with nobody who
 * comes later. At most `most` looks are kept; what is asked beyond that is looked for each time.
 */
import { type Clock, systemClock } from '@stint/sdk';

export interface SharedLooksOptions {
  readonly keepMs: number;
  /** @default 100 */
  readonly most?: number;
  /** @default the machine's own */
  readonly clock?: Pick<Clock, 'monotonicMs'>;
}

export class SharedLooks {
  readonly #options: Required<SharedLooksOptions>;
  /** All begun after `#sinceMs`, and thrown away at once: so nothing has to be looked after. */
  #looks = new Map<string, Promise<unknown>>();
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor({ most = 100, clock = systemClock, ...options }: SharedLooksOptions) {
    this.#options = { most, clock, ...options };
  }

  /** @param key what is looked for: of one type wherever it is used */
  take<TSeen>(key: string, look: () => Promise<TSeen>): Promise<TSeen> {
    const { keepMs, most, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#sinceMs >= keepMs) {
      this.forget();
      this.#sinceMs = nowMs;
    }
    const looks = this.#looks;
    const shared = looks.get(key);
    if (shared !== undefined) return shared as Promise<TSeen>;
    const looking = look();
    if (looks.size >= most) return looking;
    looks.set(key, looking);
    looking.catch(() => looks.delete(key));
    return looking;
  }

  /** Looks that were begun before are for those who asked before. */
  forget(): void {
    this.#looks = new Map();
  }
}
