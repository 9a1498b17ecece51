/** What was worked, in order, as a service or a store saw it: a process that is killed can tell nothing itself. */

export class Works {
  readonly #keys: string[] = [];
  readonly #distinct = new Set<string>();
  readonly #waiting = new Set<{ readonly isThere: () => boolean; readonly resolve: () => void }>();

  /** Every work, repeated ones too. */
  get all(): readonly string[] {
    return this.#keys;
  }

  /** Items that were worked at least once. */
  get distinct(): number {
    return this.#distinct.size;
  }

  /** Works of items that had been worked before. */
  get repeats(): number {
    return this.#keys.length - this.#distinct.size;
  }

  countOf(key: string): number {
    return this.#keys.filter((each) => each === key).length;
  }

  note(key: string): void {
    this.#keys.push(key);
    this.#distinct.add(key);
    for (const waiter of this.#waiting) {
      if (!waiter.isThere()) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves when there were so many works. */
  async reach(works: number): Promise<void> {
    await this.#wait(() => this.#keys.length >= works);
  }

  /** Resolves when so many items were worked. */
  async reachDistinct(items: number): Promise<void> {
    await this.#wait(() => this.distinct >= items);
  }

  #wait(isThere: () => boolean): Promise<void> {
    if (isThere()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ isThere, resolve }));
  }
}
