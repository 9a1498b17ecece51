/** A gate behind a fake's door: what has come is done, but its answer is held until the gate is opened. */
import type { FakeMiddleware } from '../../fakes/index.ts';

export class Gate {
  /** Put around all answers of a fake. */
  readonly middleware: FakeMiddleware;
  #left = Number.POSITIVE_INFINITY;
  #held: (() => void)[] = [];

  constructor() {
    this.middleware = async (_request, next) => {
      const response = await next();
      this.#left -= 1;
      if (this.#left < 0) await new Promise<void>((resolve) => this.#held.push(resolve));
      return response;
    };
  }

  /** How many answers are held. */
  get held(): number {
    return this.#held.length;
  }

  /** Closes after so many more answers. */
  closeAfter(answers: number): void {
    this.#left = answers;
  }

  /** Gives all answers that are held, and those to come. */
  open(): void {
    this.#left = Number.POSITIVE_INFINITY;
    for (const give of this.#held.splice(0)) give();
  }
}
