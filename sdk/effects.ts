/**
 * The one door: everything that leaves the process goes through `perform`.
 *
 * Guarantees: every query, request, ledger write and sleep of a run passes each middleware once, outermost first,
 * in the manner of Koa; an effect of an item that has its outcome already is refused, and so is any when the run's
 * lease is not its own any more. With no middleware the door adds one look-up and a look at the clock. Does not guarantee anything about code that goes round it: the lint rules of `jobs/` see to that.
 */

import { ItemClosedError, type StintError } from './errors.ts';
import { currentCall } from './loop/call.ts';

export type EffectKind = 'postgres' | 'dynamodb' | 'http' | 'ledger' | 'sleep';

/** What is about to happen. Never holds a key, a value or a secret. */
export interface Effect {
  readonly kind: EffectKind;
  /** What is done: `select`, `page`, `BatchWriteItem`, `POST`, `checkpoint`, `connect`, `close` … */
  readonly operation: string;
  /** Where: a database, a table, a host. */
  readonly target: string;
  /** Whether it changes something outside; for SQL a guess from its first word. */
  readonly write: boolean;
}

/** What a statement or call is made of, values and all: for recorders alone, never for logs. */
export type EffectDetail =
  | { readonly store: 'postgres'; readonly sql: string; readonly values: readonly unknown[] }
  /** The AWS SDK's input of the call, in plain values. */
  | { readonly store: 'dynamodb'; readonly input: object };

/**
 * Sees an effect before and after. Calls `next` once to let it happen, or not at all to keep it from happening.
 * `detail` is there where rows and items of the job's own are read or written; nothing is made of it unless it is called.
 */
export type EffectMiddleware = (
  effect: Effect,
  next: () => Promise<unknown>,
  detail?: () => EffectDetail,
) => Promise<unknown>;

export class Effects {
  readonly #middleware: readonly EffectMiddleware[];
  #refusal: (() => StintError | undefined) | undefined;

  constructor(middleware: readonly EffectMiddleware[] = []) {
    this.#middleware = middleware;
  }

  /** From now on effects on stores and services are refused with the error that `refusal` gives, if it gives one. */
  refuseWhen(refusal: () => StintError | undefined): void {
    this.#refusal = refusal;
  }

  /** Does `fn` through all middleware; resolves and rejects as it does. */
  async perform<TResult>(effect: Effect, fn: () => Promise<TResult>, detail?: () => EffectDetail): Promise<TResult> {
    if (currentCall.getStore()?.closed) throw new ItemClosedError(`${effect.kind} ${effect.operation}`);
    if (this.#refusal !== undefined && effect.kind !== 'ledger' && effect.kind !== 'sleep') {
      const error = this.#refusal();
      if (error !== undefined) throw error;
    }
    if (this.#middleware.length === 0) return fn();
    return (await this.#dispatch(0, effect, fn, detail)) as TResult;
  }

  /** The same for what opens, closes or rolls back: it leaves stores in order, so it is never refused. */
  async keepHouse<TResult>(effect: Effect, fn: () => Promise<TResult>): Promise<TResult> {
    if (this.#middleware.length === 0) return fn();
    return (await this.#dispatch(0, effect, fn, undefined)) as TResult;
  }

  async #dispatch(
    index: number,
    effect: Effect,
    fn: () => Promise<unknown>,
    detail: (() => EffectDetail) | undefined,
  ): Promise<unknown> {
    const middleware = this.#middleware[index];
    if (middleware === undefined) return fn();
    return middleware(effect, () => this.#dispatch(index + 1, effect, fn, detail), detail);
  }
}
