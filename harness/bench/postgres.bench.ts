/** `ctx.each` with a handler that does nothing, over the rows of a Postgres table, against what one would write by hand. */
import { defineJob, runJob } from '@stint/sdk';
import pMap from 'p-map';
import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import type { Stack } from '../stack/stack.ts';
import { measure, printRatios } from './ratio.ts';

const concurrency = 16;
const pageSize = 1_000;

interface Row {
  readonly id: string;
}

const job = defineJob({
  name: 'bench-postgres',
  summary: 'Does nothing with each row.',
  limits: { concurrency },
  async run(ctx) {
    await ctx.each(ctx.postgres.rows<Row>({ sql: 'select * from bench_rows', key: ['id'] }), async () => {});
  },
});

export async function benchPostgres(stack: Stack, { rows, turns }: { rows: number; turns: number }): Promise<void> {
  await using fork = await stack.fork();
  const client = new pg.Client({ connectionString: fork.postgresUrl });
  await client.connect();
  await client.query(
    `create table bench_rows (id bigint primary key, tenant text, reference text, amount int, status text, created_at timestamptz)`,
  );
  await client.query(
    `insert into bench_rows
     select n, 't-' || n % 4, 'pay_' || n, n % 10000, 'pending', timestamptz '2026-01-01' + n * interval '1 second'
       from generate_series(1, $1::int) n`,
    [rows],
  );
  await client.query('vacuum analyze bench_rows');

  const cursorLoop = async (sql: string) => {
    const cursor = client.query(new Cursor<Row>(sql));
    let seen = 0;
    for (;;) {
      const page = await cursor.read(pageSize);
      for (const row of page) if (row.id !== '') seen += 1;
      if (page.length < pageSize) break;
    }
    await cursor.close();
    return seen;
  };

  const measured = await measure(
    [
      {
        name: `ctx.each, pool of ${concurrency}, memory ledger`,
        run: async () => {
          const summary = await runJob(job, { stores: { postgres: { connectionString: fork.postgresUrl } } });
          if (summary.items.succeeded !== rows)
            throw new Error(`expected ${rows} items, got ${JSON.stringify(summary)}`);
          return rows;
        },
      },
      {
        name: `bare pg-cursor, read(${pageSize}), in the key's order`,
        run: () => cursorLoop('select * from bench_rows order by id'),
      },
      { name: `bare pg-cursor, read(${pageSize}), in no order`, run: () => cursorLoop('select * from bench_rows') },
      {
        name: `pg-query-stream + p-map(${concurrency})`,
        run: async () => {
          let seen = 0;
          const stream = client.query(
            new QueryStream('select * from bench_rows order by id', [], { batchSize: pageSize }),
          );
          await pMap(
            stream,
            async () => {
              seen += 1;
            },
            { concurrency },
          );
          return seen;
        },
      },
    ],
    turns,
  );
  await client.end();
  printRatios(`A no-op handler over ${rows.toLocaleString('en')} Postgres rows of six columns`, measured);
}
