/**
 * For tests only: a process's way to its items, that can be stopped at any step.
 *
 * A step is one operation of the store. The n-th one (from 1) can be the last that happens, can have its answer lost,
 * or can be held until it is let go.
 */
import type { Change, Condition, Expected, Item, ItemKey, ItemsQuery, ItemsStore } from '../items-store.ts';

export class ProcessDied extends Error {}

export class AnswerLost extends Error {}

export type Harm = 'die' | 'lose' | 'hold';

export class SteppingItems implements ItemsStore {
  /** Operations so far. */
  steps = 0;
  /** Told when the step is held. */
  readonly held = Promise.withResolvers<void>();
  readonly #store: ItemsStore;
  readonly #harm: Harm | undefined;
  readonly #at: number;
  readonly #let = Promise.withResolvers<void>();
  #dead = false;

  constructor(store: ItemsStore, harm?: Harm, at = 0) {
    this.#store = store;
    this.#harm = harm;
    this.#at = at;
  }

  /** Whether the step was reached. */
  get harmed(): boolean {
    return this.#harm !== undefined && this.steps >= this.#at;
  }

  letGo(): void {
    this.#let.resolve();
  }

  get(key: ItemKey): Promise<Item | undefined> {
    return this.#step(() => this.#store.get(key));
  }

  put(item: Item, condition?: Condition): Promise<boolean> {
    return this.#step(() => this.#store.put(item, condition));
  }

  update(key: ItemKey, change: Change, condition: Expected): Promise<boolean> {
    return this.#step(() => this.#store.update(key, change, condition));
  }

  /** Each item is a step of its own: a batch may be done in part. */
  async putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) await this.#step(() => this.#store.putAll([item]));
  }

  query(pk: string, query: ItemsQuery): Promise<readonly Item[]> {
    return this.#step(() => this.#store.query(pk, query));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #step<TResult>(fn: () => Promise<TResult>): Promise<TResult> {
    this.steps += 1;
    const isIt = this.steps === this.#at;
    if (isIt && this.#harm === 'die') this.#dead = true;
    if (this.#dead) throw new ProcessDied();
    if (isIt && this.#harm === 'hold') {
      this.held.resolve();
      await this.#let.promise;
    }
    const result = await fn();
    if (isIt && this.#harm === 'lose') throw new AnswerLost();
    return result;
  }
}
