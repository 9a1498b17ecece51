/** Lets requests through one at a time, in order: the next when it is opened, or when the one before has ended. */
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

  /** Lets the next one through. */
  open(): void {
    this.#open?.();
  }
}
