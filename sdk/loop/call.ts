/**
 * A call: one invocation of a handler, for one item or for a group of them.
 *
 * It travels with the handler's asynchronous context, so that the ports know on whose behalf they act: which signal
 * ends a request, which key makes a write repeatable, and whether the item is settled already.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ExchangeLog } from '../report/exchange-log.ts';

/** Which call the running code belongs to; undefined outside handlers. */
export const currentCall = new AsyncLocalStorage<Call>();

/** How a call ended; undefined: the handler returned. */
export type CallFailure = { readonly error: unknown } | undefined;

export class Call {
  /** Outcomes are given: effects from here on are refused. */
  closed = false;
  /** Monotonic ms at which the handler was invoked last; before that long ago. */
  startedMs = Number.NEGATIVE_INFINITY;
  /** Takes the end of the call; undefined: it is not running. Kept by `CallRunner`, as are the next three. */
  onEnd: ((failure: CallFailure) => void) | undefined = undefined;
  /** The signal has fired: this is what the call ends with, whatever the handler does now. */
  overrun: CallFailure = undefined;
  previousCall: Call | undefined = undefined;
  nextCall: Call | undefined = undefined;
  /** What was said to other services, over all attempts; made with the first request. */
  exchanges: ExchangeLog | undefined = undefined;
  // Made on first use: most handlers never look at the signal.
  #controller: AbortController | undefined = undefined;
  #abortReason: unknown = undefined;

  /** Fires when the call runs out of time or the run is ended. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** Sent as `Idempotency-Key` on writes; undefined for groups, whose members may change between attempts. */
  get idempotencyKey(): string | undefined {
    return undefined;
  }

  abort(reason: unknown): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }

  /** Makes the call ready to be invoked once more. */
  renew(): void {
    this.overrun = undefined;
    this.#controller = undefined;
    this.#abortReason = undefined;
  }
}

/** The calls that run now, oldest first. Adding and removing are O(1) and allocate nothing. */
export class CallList {
  #oldest: Call | undefined = undefined;
  #newest: Call | undefined = undefined;

  get oldest(): Call | undefined {
    return this.#oldest;
  }

  add(call: Call): void {
    call.previousCall = this.#newest;
    call.nextCall = undefined;
    if (this.#newest === undefined) this.#oldest = call;
    else this.#newest.nextCall = call;
    this.#newest = call;
  }

  remove(call: Call): void {
    if (call.previousCall === undefined) this.#oldest = call.nextCall;
    else call.previousCall.nextCall = call.nextCall;
    if (call.nextCall === undefined) this.#newest = call.previousCall;
    else call.nextCall.previousCall = call.previousCall;
    call.previousCall = undefined;
    call.nextCall = undefined;
  }
}
