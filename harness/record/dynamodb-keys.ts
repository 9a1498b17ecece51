/** Finds the keys, or the items that hold them, in the inputs of DynamoDB's calls. */

/** In the document client's plain values. */
export type PlainItem = Readonly<Record<string, unknown>>;

interface Inputs {
  readonly TableName?: string;
  readonly Key?: PlainItem;
  readonly Item?: PlainItem;
  readonly RequestItems?: Readonly<Record<string, BatchRead | readonly BatchWrite[]>>;
  readonly TransactItems?: readonly Readonly<Record<string, Inputs>>[];
}

interface BatchRead {
  readonly Keys: readonly PlainItem[];
}

interface BatchWrite {
  readonly PutRequest?: { readonly Item: PlainItem };
  readonly DeleteRequest?: { readonly Key: PlainItem };
}

/** By table, without prefix. Empty: the call names none. */
export function keysIn(input: object, table: string, prefix: string): ReadonlyMap<string, readonly PlainItem[]> {
  const found = new Map<string, PlainItem[]>();
  const add = (name: string, item: PlainItem | undefined) => {
    if (item !== undefined) found.set(name, [...(found.get(name) ?? []), item]);
  };
  const { Key, Item, RequestItems = {}, TransactItems = [] } = input as Inputs;
  add(table, Key ?? Item);
  for (const [name, requests] of Object.entries(RequestItems)) {
    const items =
      'Keys' in requests
        ? requests.Keys
        : requests.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key);
    for (const item of items) add(name.slice(prefix.length), item);
  }
  for (const each of TransactItems.flatMap((item) => Object.values(item)))
    add((each.TableName ?? '').slice(prefix.length), each.Key ?? each.Item);
  return found;
}
