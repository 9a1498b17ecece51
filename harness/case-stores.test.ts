import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { caseKey, openKeptCaseStores } from './case-stores.ts';
import { loadCase } from './fixture/index.ts';
import { makeCaseFolder } from './fixture/testing/case-folder.ts';
import { repositoryRoot } from './repository.ts';
import { query } from './stack/testing/query.ts';
import { openTables } from './stack/testing/tables.ts';
import { testStack } from './testing/test-stack.ts';

const definition = JSON.stringify({
  TableName: 'notes',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
});

/** A case with two rows and two items, of a path of its own. */
function setup() {
  const folder = makeCaseFolder({
    'postgres/schema.sql': 'create table notes (n int primary key)',
    'postgres/notes.jsonl': '{"n":1}\n{"n":2}\n',
    'dynamodb/notes.json': definition,
    'dynamodb/notes.jsonl': '{"id":"a"}\n{"id":"b"}\n',
  });
  const stack = testStack();
  const tables = openTables(stack.dynamodb);
  let loads = 0;
  return {
    stack,
    tables,
    name: `kept_${caseKey(folder.path)}`,
    loads: () => loads,
    open: async () =>
      openKeptCaseStores(stack, await loadCase(folder.path), {
        onLoad: () => {
          loads += 1;
        },
      }),
    [Symbol.dispose]() {
      tables[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe('openKeptCaseStores', () => {
  it('loads the case once, and then finds it as it was left', async () => {
    using world = setup();
    {
      await using first = await world.open();
      await query(first.fork.postgresUrl, 'delete from notes where n = 1');
      await world.tables.put(`${first.fork.tablePrefix}notes`, ['c']);
    }
    await using second = await world.open();
    expect(world.loads()).to.equal(1);
    expect(await query(second.fork.postgresUrl, 'select n from notes')).to.deep.equal([{ n: 2 }]);
    expect(await world.tables.count(`${second.fork.tablePrefix}notes`)).to.equal(3);
  });

  it('loads it once when two open it at the same time', async () => {
    using world = setup();
    const opened = await Promise.all([world.open(), world.open()]);
    expect(world.loads()).to.equal(1);
    for (const each of opened) await each[Symbol.asyncDispose]();
  });

  it('uses nothing that a load which was cut short has left in either store', async () => {
    using world = setup();
    await query(world.stack.postgresUrl, `create database ${world.name}_draft`);
    await world.tables.create(`${world.name}_notes`);
    await world.tables.put(`${world.name}_notes`, ['half']);
    await using opened = await world.open();
    expect(await query(opened.fork.postgresUrl, 'select n from notes order by n')).to.deep.equal([{ n: 1 }, { n: 2 }]);
    expect(await world.tables.count(`${opened.fork.tablePrefix}notes`)).to.equal(2);
  });

  it('keeps cases apart', async () => {
    using world = setup();
    await using one = await world.open();
    const cities = await loadCase(join(repositoryRoot, 'fixtures/publish-cities/happy'));
    await using other = await openKeptCaseStores(world.stack, cities);
    expect(one.fork.database).to.not.equal(other.fork.database);
    expect(await query(other.fork.postgresUrl, `select to_regclass('notes') as notes`)).to.deep.equal([
      { notes: null },
    ]);
  });
});
