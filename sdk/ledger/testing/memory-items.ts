/** For tests only: items in memory, each operation one step. */
import type { Change, Condition, Expected, Item, ItemKey, ItemsQuery, ItemsStore } from '../items-store.ts';

export class MemoryItems implements ItemsStore {
  readonly #items = new Map<string, Item>();

  /** Everything that is there, for a test to look at. */
  get all(): readonly Item[] {
    return [...this.#items.values()];
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    return this.#find(key);
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    if (condition !== undefined && !holds(this.#find(item), condition)) return false;
    this.#write(item);
    return true;
  }

  async update(key: ItemKey, { set = {}, add = {}, remove = [] }: Change, condition: Expected): Promise<boolean> {
    const item = this.#find(key);
    if (item === undefined || !holds(item, condition)) return false;
    const changed: Record<string, string | number | boolean> = { ...item, ...set };
    for (const [name, by] of Object.entries(add)) changed[name] = Number(changed[name] ?? 0) + by;
    for (const name of remove) delete changed[name];
    this.#write({ ...changed, pk: item.pk, sk: item.sk });
    return true;
  }

  async putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) this.#write(item);
  }

  async query(pk: string, { after, limit, reverse = false }: ItemsQuery): Promise<readonly Item[]> {
    const sign = reverse ? -1 : 1;
    return this.all
      .filter((item) => item.pk === pk && (after === undefined || sign * compare(item.sk, after) > 0))
      .sort((a, b) => sign * compare(a.sk, b.sk))
      .slice(0, limit);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #find({ pk, sk }: ItemKey): Item | undefined {
    return this.#items.get(`${pk}\n${sk}`);
  }

  #write(item: Item): void {
    // As DynamoDB has it: what is undefined is not there.
    const there = Object.entries(item).filter(([, value]) => value !== undefined);
    this.#items.set(`${item.pk}\n${item.sk}`, Object.freeze(Object.fromEntries(there)) as Item);
  }
}

function holds(item: Item | undefined, condition: Condition): boolean {
  if (condition === 'absent') return item === undefined;
  if (item === undefined) return false;
  return Object.entries(condition.equal).every(([name, value]) => item[name] === value);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
