/** Where handlers wait until a test lets so many of them go on. */
export class Gate {
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #free = 0;

  async pass(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const waiting = Promise.withResolvers<void>();
    const leave = () => waiting.reject(signal.reason);
    signal.addEventListener('abort', leave);
    this.#waiting.push(waiting);
    try {
      await waiting.promise;
    } finally {
      signal.removeEventListener('abort', leave);
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
  }

  /** Lets the next so many pass, those that wait first. @default all, from now on */
  letGo(count = Number.POSITIVE_INFINITY): void {
    const going = this.#waiting.splice(0, Math.min(count, this.#waiting.length));
    for (const { resolve } of going) resolve();
    this.#free += count - going.length;
  }
}
