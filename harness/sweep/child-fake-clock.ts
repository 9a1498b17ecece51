/** The time of fakes whose callers are in a child process: what waits in them waits by the child's clock. */
import { type FakeClock, untilLeft } from '../fakes/fake-clock.ts';
import type { ToChild } from './child-messages.ts';

export class ChildFakeClock implements Omit<FakeClock, 'monotonicMs'> {
  readonly #send: (message: ToChild) => void;
  readonly #waiting = new Map<number, () => void>();
  #calls = 0;

  constructor(send: (message: ToChild) => void) {
    this.#send = send;
  }

  async sleep(ms: number, signal: AbortSignal, call: string): Promise<void> {
    const id = this.#nextId();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    this.#send({ is: 'sleeps', id, ms, call });
    await this.#untilLeft(id, signal, promise);
  }

  hang(signal: AbortSignal, call: string): Promise<never> {
    const id = this.#nextId();
    this.#send({ is: 'hangs', id, call });
    return this.#untilLeft(id, signal, untilLeft(signal));
  }

  /** Said of nobody: the child learns of an answer by getting it. */
  noteAnswer(): void {}

  /** The call has waited long enough. */
  wake(id: number): void {
    this.#waiting.get(id)?.();
  }

  async #untilLeft<TResult>(id: number, signal: AbortSignal, waited: Promise<TResult>): Promise<TResult> {
    try {
      return await Promise.race([waited, untilLeft(signal)]);
    } finally {
      this.#waiting.delete(id);
      if (signal.aborted) this.#send({ is: 'left', id });
    }
  }

  #nextId(): number {
    this.#calls += 1;
    return this.#calls;
  }
}
