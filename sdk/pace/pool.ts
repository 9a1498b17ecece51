/** The bounded pool: at most `limit` calls of handlers at once in a run, whatever loops it has. */
import { Sema } from 'async-sema';

export class Pool {
  readonly limit: number;
  readonly #sema: Sema;
  #active = 0;
  #peak = 0;

  constructor(limit: number) {
    this.limit = limit;
    this.#sema = new Sema(limit);
  }

  get active(): number {
    return this.#active;
  }

  /** The most that were inside at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Enters if there is room now. */
  tryEnter(): boolean {
    if (this.#sema.tryAcquire() === undefined) return false;
    this.#count();
    return true;
  }

  /** Waits for room, first come first served. Always ends: whoever is inside leaves in the end. */
  enter(): Promise<void> {
    return this.#sema.acquire().then(() => this.#count());
  }

  leave(): void {
    this.#active -= 1;
    this.#sema.release();
  }

  #count(): void {
    this.#active += 1;
    if (this.#active > this.#peak) this.#peak = this.#active;
  }
}
