/**
 * Two things that dynalite 4 does in a way that makes tests slow or flaky, done better. Must be called before dynalite.
 *
 * - It reads every key of the whole store for ListTables and for each DeleteTable, whatever the table: with 100,000
 *   items in the store each call takes about 0.2 s, and every fork makes some when it is disposed. Here: by key range.
 * - It makes a new table usable a timer's tick after CreateTable has answered, even with `createTableMs: 0`, so that
 *   a write right after it failed now and then. Here: usable when answered. The answer still says CREATING, as on AWS.
 *
 * A deleted table still goes a tick after the answer: who makes it again at once must wait, as on AWS.
 */
import { Readable } from 'node:stream';
import db, { type KeyRange, type Table } from 'dynalite/db/index.js';

export function patchDynalite(): void {
  const create = db.create;
  db.create = (options) => {
    const store = create(options);
    const clear = (prefix: string, callback: (error?: unknown) => void): void => {
      store.db.clear(rangeOf(prefix)).then(() => callback(), callback);
    };
    store.deleteItemDb = (name, callback) => clear(`item-${name}~`, callback);
    store.deleteTagDb = (name, callback) => clear(`tag-${name}~`, callback);
    store.deleteIndexDb = (type, table, index, callback) =>
      clear(`index-${type.toLowerCase()}~${table}~${index}~`, callback);
    store.tableDb.createKeyStream = () => Readable.from(keysWithout(store.db, 'table~'));
    const put = store.tableDb.put;
    store.tableDb.put = (name, table, callback) => put(name, activate(table), callback);
    return store;
  };
}

function activate(table: Table): Table {
  if (table.TableStatus !== 'CREATING') return table;
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({ ...index, IndexStatus: 'ACTIVE' }));
  return { ...table, TableStatus: 'ACTIVE', ...(indexes && { GlobalSecondaryIndexes: indexes }) };
}

async function* keysWithout(
  keys: { keys(range: KeyRange): AsyncIterable<string> },
  prefix: string,
): AsyncGenerator<string> {
  for await (const key of keys.keys(rangeOf(prefix))) yield key.slice(prefix.length);
}

/** All keys that begin with a prefix that ends in `~`, which no name can hold. */
function rangeOf(prefix: string): KeyRange {
  return { gte: prefix, lt: `${prefix.slice(0, -1)}\x7f` };
}
