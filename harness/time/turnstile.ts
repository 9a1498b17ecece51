/** Lets requests through one at a time, in order: the next when the one before has arrived, or has ended without that. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();
  #open: (() => void) | undefined;

  /** Does `send` when it is its turn. */
  async pass<TResult>(send: () => Promise<TResult>): Promise<TResult> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#open = resolve;
    try {
      return await send();
    } finally {
      resolve();
    }
  }

  /** The request that was let through last has arrived. */
  open(): void {
    this.#open?.();
  }
}
