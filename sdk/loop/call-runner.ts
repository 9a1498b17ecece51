/**
 * Runs calls of handlers and ends each exactly once: it returned, threw, overran its time, or was aborted with the run.
 *
 * Guarantees: `onEnd` is called once for each call, at the latest `timeoutMs + graceMs` after its start, even when the
 * handler never settles; a call that was left behind is closed, so that its effects are refused from then on.
 * A handler that returns after its signal fired counts as overrun: it may have swallowed its aborted effects.
 * Cannot guarantee anything against a handler that blocks the event loop.
 */

import type { Clock, Timer } from '../clock.ts';
import { ItemAbandonedError, ItemTimeoutError } from '../errors.ts';
import { type Call, type CallFailure, CallList, currentCall } from './call.ts';

export interface CallRunnerOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** How long a call may take to end once its signal fired. */
  readonly graceMs: number;
}

export class CallRunner {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #graceMs: number;
  readonly #running = new CallList();
  readonly #graces = new Map<Call, Timer>();
  #timer: Timer | undefined;

  constructor({ clock, timeoutMs, graceMs }: CallRunnerOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#graceMs = graceMs;
  }

  /** Invokes the handler on behalf of `call`, whose `startedMs` is now. `onEnd` may be called before this returns. */
  start(call: Call, invoke: () => unknown, onEnd: (failure: CallFailure) => void): void {
    call.onEnd = onEnd;
    this.#running.add(call);
    if (this.#timer === undefined) this.#watchAgainIn(this.#timeoutMs);
    let awaited: Promise<unknown> | undefined;
    try {
      const returned = currentCall.run(call, invoke);
      awaited = returned instanceof Promise ? returned : adoptThenable(call, returned);
    } catch (error) {
      this.#end(call, { error });
      return;
    }
    if (awaited === undefined) {
      this.#end(call, undefined);
    } else {
      awaited.then(
        () => this.#end(call, undefined),
        (error: unknown) => this.#end(call, { error }),
      );
    }
  }

  /** The same, as a promise. */
  run(call: Call, invoke: () => unknown): Promise<CallFailure> {
    return new Promise((resolve) => this.start(call, invoke, resolve));
  }

  /** Fires the signal of all running calls; they end with `reason`. */
  abortAll(reason: unknown): void {
    for (let call = this.#running.oldest; call !== undefined; call = call.nextCall) {
      if (call.overrun === undefined) this.#fire(call, reason, reason);
    }
  }

  /** Stops watching. Nothing may run any more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #end(call: Call, failure: CallFailure): void {
    const { onEnd } = call;
    if (onEnd === undefined) return; // It was given up on, and settles only now.
    call.onEnd = undefined;
    this.#running.remove(call);
    if (call.overrun !== undefined) {
      this.#graces.get(call)?.cancel();
      this.#graces.delete(call);
    }
    onEnd(call.overrun ?? failure);
  }

  #fire(call: Call, reason: unknown, abandonedReason: unknown): void {
    call.overrun = { error: reason };
    const giveUp = () => {
      call.overrun = { error: abandonedReason };
      call.closed = true;
      this.#end(call, undefined);
    };
    this.#graces.set(call, this.#clock.setTimer(this.#graceMs, giveUp));
    call.abort(reason);
  }

  // One timer for all calls: they stand in the order of their deadlines, since all have the same time.
  #watchAgainIn(ms: number): void {
    this.#timer = this.#clock.setTimer(ms, () => this.#expireDue());
  }

  #expireDue(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (let call = this.#running.oldest; call !== undefined; call = call.nextCall) {
      if (call.overrun !== undefined) continue;
      const leftMs = call.startedMs + this.#timeoutMs - nowMs;
      if (leftMs > 0) {
        this.#watchAgainIn(leftMs);
        return;
      }
      this.#fire(call, new ItemTimeoutError(this.#timeoutMs), new ItemAbandonedError(this.#timeoutMs));
    }
  }
}

/** The promise of a thenable, undefined for all else. It may act only now, or throw: that is part of its call. */
function adoptThenable(call: Call, value: unknown): Promise<unknown> | undefined {
  const isThenable = typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
  return isThenable ? currentCall.run(call, () => Promise.resolve(value)) : undefined;
}
