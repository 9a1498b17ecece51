/**
 * What `ItemLedger` asks of a store: single items, read consistently, written under a condition.
 *
 * Guarantees, of every driver: a write and its condition are one step; a read sees every write that was answered before
 * it began. Does not guarantee that a write whose answer was lost, or that rejected, did not happen.
 * Nothing here spans two items: `items-claim.ts` says why the ledger needs none of that.
 */

export interface ItemKey {
  /** Partition. */
  readonly pk: string;
  /** Place in its partition: what a query sorts by. */
  readonly sk: string;
}

export type Attribute = string | number | boolean;

export type Attributes = Readonly<Record<string, Attribute>>;

/** Flat: structures are kept as JSON text, so that each attribute can be compared and replaced by itself. */
export type Item = ItemKey & Attributes;

/** What must be there for a write to happen: no item with that key, or one with these attributes. */
export type Condition = 'absent' | Expected;

export interface Expected {
  /** `undefined`: the item does not have the attribute. At least one is given a value: the item must exist. */
  readonly equal: Readonly<Record<string, Attribute | undefined>>;
}

export interface Change {
  /** @default nothing */
  readonly set?: Attributes;
  /** Numbers to add to what is there. @default nothing */
  readonly add?: Readonly<Record<string, number>>;
  /** Attributes to drop. @default none */
  readonly remove?: readonly string[];
}

export interface ItemsQuery {
  /** Begin behind this `sk`. @default at the end that `reverse` says */
  readonly after?: string | undefined;
  /** At most so many items; fewer only where the partition ends. */
  readonly limit: number;
  /** From the greatest `sk` down. @default false */
  readonly reverse?: boolean;
}

/** A failed condition is an answer (`false`), not an error. */
export interface ItemsStore extends AsyncDisposable {
  get(key: ItemKey): Promise<Item | undefined>;
  /** Writes the whole item; without a condition in any case. */
  put(item: Item, condition?: Condition): Promise<boolean>;
  /** Never makes an item. */
  update(key: ItemKey, change: Change, condition: Expected): Promise<boolean>;
  /** Writes whole items, each by itself: when it rejects, any of them may have been written. */
  putAll(items: readonly Item[]): Promise<void>;
  query(pk: string, query: ItemsQuery): Promise<readonly Item[]>;
}
