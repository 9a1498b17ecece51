/**
 * How a run is ended early, in three steps: nothing new starts, what still runs is aborted, what does not end is left.
 *
 * The first reason stands. Each step takes the ones before it along.
 */
import { InterruptedError, StintError } from '../errors.ts';

export class Stop {
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  readonly #givenUp = Promise.withResolvers<void>();
  #reason: StintError | undefined;

  /** Fires when no new item may start. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Fires when what is in flight has to end. */
  get aborting(): AbortSignal {
    return this.#aborting.signal;
  }

  /** Resolves when nothing is waited for any more. */
  get givenUp(): Promise<void> {
    return this.#givenUp.promise;
  }

  /** Why the run is ended; undefined: it is not. */
  get reason(): StintError | undefined {
    return this.#reason;
  }

  /** Whether what failed with `error` was broken off by the stop: it is no failure of its own. */
  hasBrokenOff(error: unknown): boolean {
    return this.aborting.aborted || (this.#reason !== undefined && error === this.#reason);
  }

  stop(reason: StintError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#stopping.abort(reason);
  }

  abort(reason: StintError): void {
    this.stop(reason);
    this.#aborting.abort(this.#reason);
  }

  /** Ends whatever was left running when the run is over. Not a reason for how it ended. */
  end(): void {
    const over =
      this.#reason ?? new StintError('STINT_RUN_OVER', 'the run is over; await everything that a job starts');
    this.#stopping.abort(over);
    this.#aborting.abort(over);
  }

  giveUp(): void {
    this.abort(this.#reason ?? new InterruptedError('given up'));
    this.#givenUp.resolve();
  }
}
