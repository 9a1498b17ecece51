import { expect } from 'chai';
import { describe, it } from 'mocha';
import { systemClock } from '../clock.ts';
import { type EffectMiddleware, Effects } from '../effects.ts';
import { DoneAlreadyError, StintError } from '../errors.ts';
import { Call, currentCall } from '../loop/call.ts';
import type { Item } from '../loop/item.ts';
import { seededRandom } from '../random.ts';
import { openPostgresWorld, type PostgresWorld } from '../testing/postgres-world.ts';
import { PostgresPort, type PostgresPortOptions } from './postgres.ts';

const work = 'create table work (name text)';

interface TestItem {
  readonly key: string;
  readonly runId: string;
  readonly loopName: string;
  markedDone: boolean;
}

const toItem = (key: string, { runId = 'run-1', loopName = 'loop-1' } = {}): TestItem => ({
  key,
  runId,
  loopName,
  markedDone: false,
});

/** Another process: its own port. */
function portTo(url: string, options: Partial<PostgresPortOptions> = {}): PostgresPort {
  return new PostgresPort({
    access: { connectionString: url },
    maxConnections: 2,
    effects: new Effects(),
    clock: systemClock,
    random: seededRandom(1),
    dryRun: false,
    signal: new AbortController().signal,
    applicationName: 'stint test',
    concurrency: 4,
    ...options,
  });
}

async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: Error) => error,
  );
}

/** Does the item's work and marks it, as a handler would. */
function doWork(port: PostgresPort, name: string, ...items: readonly TestItem[]): Promise<void> {
  return port.transaction(async (transaction) => {
    await transaction.query('insert into work values ($1)', [name]);
    await transaction.markDone(...items);
  });
}

const namesIn = async (world: PostgresWorld) =>
  (await world.sql('select name from work order by name')).map(({ name }) => name);
const markers = (world: PostgresWorld) => world.sql('select run_id, loop from stint.done_items order by 1, 2');

describe('ports/postgres done items', () => {
  it('commits a marker with the work, and loads it in another process', async () => {
    await using world = await openPostgresWorld(work);
    const item = toItem('a');
    expect(world.postgres.doneItems.isUsed).to.equal(false);
    await doWork(world.postgres, 'a', item);
    expect([item.markedDone, world.postgres.doneItems.isUsed]).to.deep.equal([true, true]);
    await using other = portTo(world.url);
    const done = await other.doneItems.load('run-1');
    expect(done.has('loop-1', 'a')).to.equal(true);
    for (const [loop, key] of [
      ['loop-1', 'b'],
      ['loop-2', 'a'],
    ] as const) {
      expect(done.has(loop, key)).to.equal(false);
    }
    expect((await other.doneItems.load('run-2')).has('loop-1', 'a')).to.equal(false);
  });

  it('takes the marker back with the work when the transaction is rolled back', async () => {
    await using world = await openPostgresWorld(work);
    const reason = new Error('no');
    const failing = world.postgres.transaction(async (transaction) => {
      await transaction.markDone(toItem('a'));
      throw reason;
    });
    expect(await rejection(failing)).to.equal(reason);
    expect(await markers(world), 'the table stays').to.deep.equal([]);
    await doWork(world.postgres, 'a', toItem('a'));
    expect(await namesIn(world)).to.deep.equal(['a']);
  });

  it('rolls the work back when an earlier attempt has done it', async () => {
    await using world = await openPostgresWorld(work);
    await doWork(world.postgres, 'first', toItem('a'));
    await using other = portTo(world.url);
    const error = await rejection(doWork(other, 'second', toItem('b'), toItem('a')));
    expect(error).to.be.instanceOf(DoneAlreadyError);
    expect([...(error as DoneAlreadyError).keys]).to.deep.equal(['a']);
    expect(await namesIn(world)).to.deep.equal(['first']);
    expect(await markers(world)).to.have.length(1);
  });

  it('rolls back also when the handler swallows that, or does not await it', async () => {
    await using world = await openPostgresWorld(work);
    await doWork(world.postgres, 'first', toItem('a'));
    for (const swallow of [true, false]) {
      const swallowing = world.postgres.transaction(async (transaction) => {
        await transaction.query(`insert into work values ('second')`);
        const marked = transaction.markDone(toItem('a'));
        if (swallow) await marked.catch(() => {});
      });
      expect(await rejection(swallowing)).to.be.instanceOf(DoneAlreadyError);
    }
    expect(await namesIn(world)).to.deep.equal(['first']);
  });

  it('keeps a marker inside of its transaction when the handler does not await it, and the table is not there yet', async () => {
    await using world = await openPostgresWorld(work);
    const failing = world.postgres.transaction(async (transaction) => {
      void transaction.markDone(toItem('a'));
      throw new Error('no');
    });
    await rejection(failing);
    expect(await markers(world)).to.deep.equal([]);
    await world.postgres.transaction(async (transaction) => {
      void transaction.markDone(toItem('a'));
    });
    expect(await markers(world)).to.have.length(1);
  });

  for (const end of ['commit', 'rollback'] as const) {
    it(`waits for the ${end} of another attempt that is marking the same item`, async () => {
      await using world = await openPostgresWorld(work);
      await using zombie = portTo(world.url);
      const [marked, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const first = zombie.transaction(async (transaction) => {
        await transaction.query(`insert into work values ('zombie')`);
        await transaction.markDone(toItem('a'));
        marked.resolve();
        await ended.promise;
        if (end === 'rollback') throw new Error('died');
      });
      await marked.promise;
      const second = doWork(world.postgres, 'successor', toItem('a')).then(
        () => 'committed',
        (error: unknown) => error,
      );
      await untilSomeoneWaits(world);
      ended.resolve();
      await first.catch(() => {});
      if (end === 'commit') expect(await second).to.be.instanceOf(DoneAlreadyError);
      else expect(await second).to.equal('committed');
      expect(await namesIn(world)).to.deep.equal([end === 'commit' ? 'zombie' : 'successor']);
    });
  }

  it('marks items in one order, so that transactions that mark the same ones do not wait for each other', async () => {
    await using world = await openPostgresWorld(work);
    await using other = portTo(world.url);
    const items = Array.from({ length: 200 }, (_, index) => toItem(`key-${index}`));
    const ends = await Promise.allSettled([
      doWork(world.postgres, 'one', ...items),
      doWork(other, 'two', ...items.toReversed()),
    ]);
    const lost = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason);
    expect(lost).to.have.length(1);
    expect(lost[0]).to.be.instanceOf(DoneAlreadyError);
    expect(await namesIn(world)).to.have.length(1);
  });

  it('skips nothing when a transaction marks an item twice', async () => {
    await using world = await openPostgresWorld(work);
    await world.postgres.transaction(async (transaction) => {
      await transaction.query(`insert into work values ('a')`);
      await transaction.markDone(toItem('a'), toItem('a'));
      await Promise.all([transaction.markDone(toItem('a')), transaction.markDone(toItem('b'), toItem('a'))]);
      await transaction.markDone();
    });
    expect(await namesIn(world)).to.deep.equal(['a']);
    expect(await markers(world)).to.have.length(2);
  });

  it('knows that the work was done when the answer to its commit was lost', async () => {
    await using world = await openPostgresWorld(work);
    const loseOne: EffectMiddleware = async (effect, next) => {
      const result = await next();
      if (effect.operation === 'commit' && (await namesIn(world)).length > 0 && !lost) {
        lost = true;
        throw new StintError('STINT_STORE_LOST', 'lost');
      }
      return result;
    };
    let lost = false;
    await using port = portTo(world.url, { effects: new Effects([loseOne]) });
    const item = toItem('a');
    expect((await rejection(doWork(port, 'a', item))).code).to.equal('STINT_STORE_LOST');
    expect(await rejection(doWork(port, 'a', item))).to.be.instanceOf(DoneAlreadyError);
    expect(await namesIn(world)).to.deep.equal(['a']);
  });

  it('makes the table once when many processes start at once, and none of them has a free connection', async () => {
    await using world = await openPostgresWorld(work);
    await using stack = new AsyncDisposableStack();
    const ports = Array.from({ length: 5 }, () => stack.use(portTo(world.url)));
    await Promise.all(
      ports.flatMap((port, process) => [1, 2].map((n) => doWork(port, `${process}-${n}`, toItem(`${process}-${n}`)))),
    );
    expect(await namesIn(world)).to.have.length(10);
    expect(await markers(world)).to.have.length(10);
  });

  it('makes the table for all when the item that asked for it first is aborted', async () => {
    await using world = await openPostgresWorld(work);
    await world.sql('create schema stint');
    await using blocker = portTo(world.url);
    const [locked, freed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const blocking = blocker.transaction(async (transaction) => {
      await transaction.query(`select pg_advisory_xact_lock(hashtextextended('stint ledger stint', 0))`);
      locked.resolve();
      await freed.promise;
    });
    await locked.promise;
    const call = new Call();
    const first = currentCall.run(call, () => rejection(doWork(world.postgres, 'a', toItem('a'))));
    const second = currentCall.run(new Call(), () => doWork(world.postgres, 'b', toItem('b')));
    await untilSomeoneWaits(world);
    call.closed = true;
    call.abort(new Error('out of time'));
    freed.resolve();
    await Promise.all([first, second, blocking]);
    expect(await namesIn(world)).to.deep.equal(['b']);
  });

  it('marks in a transaction that sees the database as it was before there was a table', async () => {
    await using world = await openPostgresWorld(work);
    await world.postgres.transaction(async (transaction) => {
      await transaction.query('set transaction isolation level serializable');
      await transaction.query('select * from work');
      await transaction.markDone(toItem('a'));
    });
    expect(await markers(world)).to.have.length(1);
  });

  it('keeps keys of any length and of any characters apart', async () => {
    await using world = await openPostgresWorld(work);
    const keys = ['', '\0', '\ud800', '\ud801', '\ufffd', 'é', 'e\u0301', 'x'.repeat(100_000), ' ', '"'];
    await world.postgres.transaction((transaction) => transaction.markDone(...keys.map((key) => toItem(key))));
    const done = await world.postgres.doneItems.load('run-1');
    expect(keys.every((key) => done.has('loop-1', key))).to.equal(true);
    expect(await markers(world)).to.have.length(keys.length);
    await world.postgres.doneItems.drop('run-1', 'loop-1', keys.slice(1));
    expect((await world.postgres.doneItems.load('run-1')).has('loop-1', '')).to.equal(true);
    expect(await markers(world)).to.have.length(1);
  });

  it('drops markers of items, of a run, and of a certain age', async () => {
    await using world = await openPostgresWorld(work);
    const { doneItems } = world.postgres;
    await doWork(world.postgres, 'a', toItem('a'), toItem('b'), toItem('a', { loopName: 'loop-2' }));
    await doWork(world.postgres, 'b', toItem('a', { runId: 'run-2' }), toItem('a', { runId: 'run-3' }));
    await doneItems.drop('run-1', 'loop-1', ['a', 'never there']);
    await doneItems.drop('run-1', 'loop-1', []);
    const done = await doneItems.load('run-1');
    expect([done.has('loop-1', 'a'), done.has('loop-1', 'b'), done.has('loop-2', 'a')]).to.deep.equal([
      false,
      true,
      true,
    ]);
    await doneItems.dropRun('run-1');
    expect((await markers(world)).map(({ run_id }) => run_id)).to.deep.equal(['run-2', 'run-3']);
    await world.sql(`update stint.done_items set marked_at = now() - interval '2 days' where run_id = 'run-2'`);
    await doneItems.dropOlderThan(24 * 60 * 60 * 1_000);
    expect((await markers(world)).map(({ run_id }) => run_id)).to.deep.equal(['run-3']);
  });

  it('goes on with its markers when the run is over, through the door of effects', async () => {
    await using world = await openPostgresWorld(work);
    await doWork(world.postgres, 'a', toItem('a'));
    const operations: string[] = [];
    const seeing: EffectMiddleware = (effect, next) => {
      operations.push(effect.operation);
      return next();
    };
    const signal = AbortSignal.abort(new Error('over'));
    await using port = portTo(world.url, { signal, effects: new Effects([seeing]) });
    const closed = new Call();
    closed.closed = true;
    await currentCall.run(closed, () => port.doneItems.dropRun('run-1'));
    expect(await markers(world)).to.deep.equal([]);
    expect(operations).to.deep.equal(['select', 'delete']);
  });

  it('has and drops nothing where there is no table, and makes none for that', async () => {
    await using world = await openPostgresWorld();
    const { doneItems } = world.postgres;
    expect((await doneItems.load('run-1')).has('loop-1', 'a')).to.equal(false);
    await doneItems.dropRun('run-1');
    await doneItems.dropOlderThan(0);
    expect(await world.sql(`select from pg_namespace where nspname = 'stint'`)).to.deep.equal([]);
  });

  it('writes nothing in a dry run, not even the table', async () => {
    await using world = await openPostgresWorld(work, { dryRun: true });
    const item = toItem('a');
    await world.postgres.transaction((transaction) => transaction.markDone(item));
    expect(item.markedDone).to.equal(false);
    expect(await world.sql(`select from pg_namespace where nspname = 'stint'`)).to.deep.equal([]);
    await using own = portTo(world.url);
    await doWork(own, 'a', item);
    await world.postgres.doneItems.dropRun('run-1');
    expect(await markers(world)).to.have.length(1);
  });

  describe('for a role with few rights', () => {
    async function openRole(world: PostgresWorld, grants: string): Promise<PostgresPort> {
      const [database] = await world.sql('select current_database() as name');
      const role = `role_${database?.name}`;
      await world.sql(
        `create role "${role}" login password 'secret'; grant insert, select on work to "${role}"; ${grants.replaceAll('ROLE', `"${role}"`)}`,
      );
      const url = new URL(world.url);
      url.username = role;
      url.password = 'secret';
      return portTo(url.href);
    }

    it('needs no right to create anything when the table is there', async () => {
      await using world = await openPostgresWorld(work);
      await world.postgres.doneItems.ensureTable();
      await using port = await openRole(
        world,
        'grant usage on schema stint to ROLE; grant select, insert, delete on stint.done_items to ROLE',
      );
      await doWork(port, 'a', toItem('a'));
      expect((await port.doneItems.load('run-1')).has('loop-1', 'a')).to.equal(true);
      await port.doneItems.dropRun('run-1');
      expect(await markers(world)).to.deep.equal([]);
    });

    for (const [name, grants] of Object.entries({
      'the schema cannot be made': '',
      'the schema is another’s': 'create schema stint',
      'the table is another’s': 'create schema stint; create table stint.done_items (run_id text)',
    })) {
      it(`says what to grant when ${name}, and is not in the way of jobs that mark nothing`, async () => {
        await using world = await openPostgresWorld(work);
        await using port = await openRole(world, grants);
        const error = await rejection(doWork(port, 'a', toItem('a')));
        expect(error.code).to.equal('STINT_DONE_ITEMS_DENIED');
        expect(error.message).to.contain('select, insert, delete on stint.done_items');
        expect((await port.doneItems.load('run-1')).has('loop-1', 'a')).to.equal(false);
        await port.doneItems.dropRun('run-1');
        expect(await namesIn(world)).to.deep.equal([]);
      });
    }
  });

  it('refuses what is no item of a loop, and does not show it', async () => {
    await using world = await openPostgresWorld(work);
    const value = { key: 'secret value' };
    for (const wrong of [value, { ...value, runId: 'r' }, null, 'secret value'] as (typeof value)[]) {
      const error = await rejection(world.postgres.transaction((transaction) => transaction.markDone(wrong)));
      expect(error.code).to.equal('STINT_NOT_AN_ITEM');
      expect(error.message).to.not.contain('secret');
    }
  });

  it('takes what the handlers of a loop are given', () => {
    const _mark = (item: Item) => portTo('').transaction((transaction) => transaction.markDone(item));
  });
});

// Asks the server until it says so; mocha's timeout is what bounds it.
async function untilSomeoneWaits(world: PostgresWorld): Promise<void> {
  const sql = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  while ((await world.sql(sql)).length === 0);
}
