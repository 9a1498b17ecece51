import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SourceError } from '../errors.ts';
import { openPostgresWorld, readAll } from '../testing/postgres-world.ts';

const numbers = (rows: number) =>
  `create table t (id int primary key, name text); insert into t select n, 'n' || n from generate_series(1, ${rows}) n`;

/** Each kind of key that a table may have, as a select from a table that holds 30 rows of it. */
const keys: Record<string, { readonly type: string; readonly value: string }> = {
  int: { type: 'int', value: 'n' },
  'bigint beyond 2^53': { type: 'bigint', value: '9007199254740992 + n' },
  text: { type: 'text', value: `'k' || n` },
  uuid: { type: 'uuid', value: `lpad(n::text, 32, '0')::uuid` },
  'timestamptz with microseconds': {
    type: 'timestamptz',
    value: `timestamptz '2026-01-01 00:00:00.000001Z' + n * interval '1 microsecond'`,
  },
  timestamp: { type: 'timestamp', value: `timestamp '2026-01-01' + n * interval '1 microsecond'` },
  date: { type: 'date', value: `date '2026-01-01' + n::int` },
  numeric: { type: 'numeric', value: '1234567890123456789.123456789 + n / 1000000000.0' },
  'double precision': { type: 'double precision', value: '0.1 * n' },
  'char of a fixed length': { type: 'char(6)', value: `'k' || n` },
  'bits of a fixed length': { type: 'bit(8)', value: 'n::int::bit(8)' },
  bytea: { type: 'bytea', value: `decode(lpad(to_hex(n), 4, '0'), 'hex')` },
};

describe('sources/postgres', () => {
  it('yields nothing for an empty source', async () => {
    await using world = await openPostgresWorld('create table t (id int primary key)');
    const { pages } = await readAll(world.postgres.rows<{ id: number }>({ sql: 'select id from t', key: ['id'] }));
    expect(pages).to.deep.equal([]);
  });

  for (const pageSize of [1, 2, 7, 30, 100]) {
    it(`yields each row once, in order of the key, in pages of ${pageSize}`, async () => {
      await using world = await openPostgresWorld(numbers(30));
      const source = world.postgres.rows<{ id: number }>({ sql: 'select * from t;', key: ['id'] });
      const { items, pages } = await readAll(source, { pageSize });
      expect(items.map(({ id }) => id)).to.deep.equal(range(1, 30));
      for (const page of pages) expect(page.items.length).to.be.at.most(pageSize);
    });
  }

  for (const [name, { type, value }] of Object.entries(keys)) {
    it(`resumes after every row, when the key is ${name}`, async () => {
      await using world = await openPostgresWorld(
        `create table t (k ${type} primary key, n int); insert into t select ${value}, n from generate_series(1, 30) n`,
      );
      const source = () => world.postgres.rows<{ k: unknown; n: number }>({ sql: 'select * from t', key: ['k'] });
      const { items, cursors } = await readAll(source());
      expect(items).to.have.length(30);
      for (const [index, cursor] of cursors.entries()) {
        const rest = await readAll(source(), { after: cursor });
        expect(rest.items.map(({ n }) => n)).to.deep.equal(items.slice(index + 1).map(({ n }) => n));
      }
      expect(Object.keys(items[0] ?? {})).to.deep.equal(['k', 'n']);
    });
  }

  it('resumes after every row, when the key has several columns', async () => {
    await using world = await openPostgresWorld(
      `create table t (a text, b timestamptz, c int, primary key (a, b, c));
       insert into t select 'a' || n % 3, timestamptz '2026-01-01' + n % 2 * interval '1 microsecond', n from generate_series(1, 24) n`,
    );
    const source = () =>
      world.postgres.rows<{ a: string; b: Date; c: number }>({ sql: 'select * from t', key: ['a', 'b', 'c'] });
    const { items, cursors } = await readAll(source(), { pageSize: 5 });
    expect(new Set(items.map(({ c }) => c)).size).to.equal(24);
    for (const [index, cursor] of cursors.entries()) {
      const rest = await readAll(source(), { after: cursor, pageSize: 5 });
      expect(rest.items).to.deep.equal(items.slice(index + 1));
    }
  });

  it('reads down from the greatest key when told to', async () => {
    await using world = await openPostgresWorld(numbers(25));
    const source = () => world.postgres.rows<{ id: number }>({ sql: 'select * from t', key: ['id'], descending: true });
    const { items, cursors } = await readAll(source());
    expect(items.map(({ id }) => id)).to.deep.equal(range(1, 25).reverse());
    const rest = await readAll(source(), { after: cursors[9] ?? null });
    expect(rest.items.map(({ id }) => id)).to.deep.equal(range(1, 15).reverse());
  });

  for (const portalMaxAgeMs of [0.001, 10_000]) {
    for (const pageSize of [1, 2, 3, 5]) {
      it(`loses and repeats no row of equal keys at a page boundary (pages of ${pageSize}, portal of ${portalMaxAgeMs} ms)`, async () => {
        await using world = await openPostgresWorld(
          'create table t (k int, n int); insert into t select n / 4, n from generate_series(1, 41) n',
        );
        const source = () =>
          world.postgres.rows<{ k: number; n: number }>({ sql: 'select * from t', key: ['k'], portalMaxAgeMs });
        const { items, cursors } = await readAll(source(), { pageSize });
        expect(items.map(({ n }) => n).sort((a, b) => a - b)).to.deep.equal(range(1, 41));
        for (const [index, cursor] of cursors.entries()) {
          const rest = await readAll(source(), { after: cursor, pageSize });
          const seen = new Set([...items.slice(0, index + 1), ...rest.items].map(({ n }) => n));
          expect(seen.size, `nothing lost after row ${index}`).to.equal(41);
          const again = rest.items.length - (41 - index - 1);
          expect(again, 'only rows of the torn group come again').to.be.within(0, 3);
        }
      });
    }
  }

  it('refuses a key that hardly tells rows apart', async () => {
    await using world = await openPostgresWorld(
      'create table t (k int, n int); insert into t select 1, n from generate_series(1, 10500) n',
    );
    const source = world.postgres.rows<{ k: number }>({ sql: 'select * from t', key: ['k'] });
    const error = await readAll(source, { pageSize: 1_000 }).catch((e: unknown) => e);
    expect((error as SourceError).code).to.equal('STINT_SOURCE_KEY_TOO_COARSE');
  });

  it('leaves rows beyond the greatest key at its start to the next run', async () => {
    await using world = await openPostgresWorld(numbers(20));
    const source = world.postgres.rows<{ id: number }>({ sql: 'select * from t', key: ['id'], portalMaxAgeMs: 0.001 });
    const seen: number[] = [];
    for await (const page of pagesOf(source)) {
      seen.push(...page.items.map(({ id }) => id));
      await world.sql(`insert into t select max(id) + 1, 'new' from t`);
    }
    expect(seen).to.deep.equal(range(1, 20));
  });

  it(`reads on to the end there is by then when told until: 'live'`, async () => {
    await using world = await openPostgresWorld(numbers(20));
    const source = world.postgres.rows<{ id: number }>({
      sql: 'select * from t',
      key: ['id'],
      portalMaxAgeMs: 0.001,
      until: 'live',
    });
    const seen: number[] = [];
    for await (const page of pagesOf(source)) {
      seen.push(...page.items.map(({ id }) => id));
      if (seen.length < 25) await world.sql(`insert into t select max(id) + 1, 'new' from t`);
    }
    expect(seen.length).to.be.greaterThan(20);
    expect(seen).to.deep.equal(range(1, seen.length));
  });

  it('keeps the end of the run when it is resumed', async () => {
    await using world = await openPostgresWorld(numbers(20));
    const source = () => world.postgres.rows<{ id: number }>({ sql: 'select * from t', key: ['id'] });
    const { cursors } = await readAll(source());
    await world.sql(`insert into t select 100 + n, 'new' from generate_series(1, 10) n`);
    const { items } = await readAll(source(), { after: cursors[14] ?? null });
    expect(items.map(({ id }) => id)).to.deep.equal(range(16, 20));
  });

  it('frees its connection when the reader breaks off', async () => {
    await using world = await openPostgresWorld(numbers(100));
    for await (const _page of pagesOf(world.postgres.rows<{ id: number }>({ sql: 'select * from t', key: ['id'] })))
      break;
    await untilPortalsAre(world, 0);
  });

  it('closes an idle portal when it is too old, so that no snapshot is held', async () => {
    await using world = await openPostgresWorld(numbers(100));
    const source = world.postgres.rows<{ id: number }>({ sql: 'select * from t', key: ['id'], portalMaxAgeMs: 50 });
    let seen = 0;
    for await (const page of pagesOf(source)) {
      seen += page.items.length;
      await untilSnapshotsAre(world, 0);
    }
    expect(seen).to.equal(100);
  });

  it('goes on with the next row when its connection is lost', async () => {
    await using world = await openPostgresWorld(numbers(100));
    const seen: number[] = [];
    for await (const page of pagesOf(world.postgres.rows<{ id: number }>({ sql: 'select * from t', key: ['id'] }))) {
      seen.push(...page.items.map(({ id }) => id));
      await world.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
      );
    }
    expect(seen).to.deep.equal(range(1, 100));
  });

  it('throws the signal’s reason when it is aborted in mid-read', async () => {
    await using world = await openPostgresWorld(numbers(3));
    const abort = new AbortController();
    const sql = 'select id, pg_sleep(case when id > 1 then 600 else 0 end) from t';
    const pages = world.postgres
      .rows<{ id: number }>({ sql: `select id from (${sql} offset 0) slow`, key: ['id'] })
      .segments[0]?.pages(undefined, { signal: abort.signal, pageSize: () => 1 })
      [Symbol.asyncIterator]();
    const reading = pages?.next();
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await reading?.catch((error: unknown) => error)).to.equal(reason);
  });

  it('takes a query that ends with a comment', async () => {
    await using world = await openPostgresWorld(numbers(3));
    const { items } = await readAll(
      world.postgres.rows<{ id: number }>({ sql: 'select * from t -- all of them', key: ['id'] }),
    );
    expect(items).to.have.length(3);
  });

  it('estimates its total', async () => {
    await using world = await openPostgresWorld(numbers(1234));
    expect(
      await world.postgres
        .rows<{ id: number }>({ sql: 'select * from t', key: ['id'] })
        .total(new AbortController().signal),
    ).to.equal(1234);
  });

  it('reads one row again, and tells when it no longer matches', async () => {
    await using world = await openPostgresWorld(
      `create table t (k timestamptz primary key, name text); insert into t values ('2026-01-01 00:00:00.000001Z', 'a')`,
    );
    const source = world.postgres.rows<{ k: Date; name: string }>({
      sql: `select * from t where name <> 'gone'`,
      key: ['k'],
    });
    const [row] = (await readAll(source)).items;
    if (row === undefined) throw new Error('no row');
    const { signal } = new AbortController();
    await world.sql(`update t set name = 'b'`);
    const fresh = await source.refresh?.(row, signal);
    expect(fresh?.name).to.equal('b');
    await world.sql(`update t set name = 'gone'`);
    expect(await source.refresh?.(row, signal)).to.equal(undefined);
  });

  const refusals = {
    'a null in the key': { code: 'STINT_SOURCE_KEY_NULL', sql: 'select nullif(id, 7) as id from t', key: 'id' },
    'a null in a later column of the key': {
      code: 'STINT_SOURCE_KEY_NULL',
      sql: 'select id, nullif(id, 7) as other from t',
      key: 'other',
    },
    'a key that is not selected': { code: 'STINT_SOURCE_KEY_MISSING', sql: 'select name from t', key: 'id' },
    'a key without an order': { code: 'STINT_SOURCE_KEY_NO_ORDER', sql: `select '{}'::json as id from t`, key: 'id' },
  };
  for (const [name, { code, sql, key }] of Object.entries(refusals)) {
    it(`refuses ${name}, and says what to do`, async () => {
      await using world = await openPostgresWorld(numbers(10));
      const columns = key === 'other' ? ['id', 'other'] : [key];
      const error = await readAll(world.postgres.rows<Record<string, unknown>>({ sql, key: columns })).catch(
        (e: unknown) => e,
      );
      expect(error).to.be.instanceOf(SourceError);
      expect((error as SourceError).code).to.equal(code);
    });
  }
});

function pagesOf<TItem>(source: {
  segments: readonly {
    pages: (
      after: undefined,
      options: { signal: AbortSignal; pageSize: () => number },
    ) => AsyncIterable<{ items: readonly TItem[] }>;
  }[];
}) {
  const [segment] = source.segments;
  if (segment === undefined) throw new Error('no segment');
  return segment.pages(undefined, { signal: new AbortController().signal, pageSize: () => 5 });
}

async function untilSnapshotsAre(world: Awaited<ReturnType<typeof openPostgresWorld>>, count: number): Promise<void> {
  await untilCountIs(world, `backend_xmin is not null`, count);
}

async function untilPortalsAre(world: Awaited<ReturnType<typeof openPostgresWorld>>, count: number): Promise<void> {
  await untilCountIs(world, `state <> 'idle'`, count);
}

// Asks the server until it says so; mocha's timeout is what bounds it.
async function untilCountIs(
  world: Awaited<ReturnType<typeof openPostgresWorld>>,
  condition: string,
  count: number,
): Promise<void> {
  for (;;) {
    const [row] = await world.sql(
      `select count(*)::int as count from pg_stat_activity where ${condition} and pid <> pg_backend_pid() and datname = current_database()`,
    );
    if (row?.count === count) return;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
