/** What a durable ledger costs: the same run with its checkpoints in PostgreSQL, against one with a ledger in memory. */
import { defineJob, type Ledger, MemoryLedger, openLedger, runJob } from '@stint/sdk';
import type { Stack } from '../stack/stack.ts';
import { measure, printRatios } from './ratio.ts';

const concurrency = 16;

/** A no-op over a million rows is the worst case: thousands of checkpoints. With 1 ms of work an item there is one a second. */
const handlers = {
  'a no-op handler': async () => {},
  'a handler that takes 1 ms': () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
} as const;

export async function benchLedger(stack: Stack, { rows, turns }: { rows: number; turns: number }): Promise<void> {
  await using fork = await stack.fork();
  const environment = { DATABASE_URL: fork.postgresUrl, STINT_LEDGER: 'postgres' };
  await using postgres = await openLedger(environment);
  await using memory = new MemoryLedger();
  const stores = { postgres: { connectionString: fork.postgresUrl } };
  for (const [name, handler] of Object.entries(handlers)) {
    const isNoOp = name === 'a no-op handler';
    const items = isNoOp ? rows : Math.min(rows, 20_000);
    const job = defineJob({
      name: 'bench-ledger',
      summary: 'Works each row.',
      limits: { concurrency },
      async run(ctx) {
        const sql = `select n::bigint as id, 't-' || n % 4 as tenant, n % 10000 as amount from generate_series(1, ${items}) n`;
        await ctx.each(ctx.postgres.rows<{ id: string }>({ sql, key: ['id'] }), handler);
      },
    });
    const run = async (ledger: Ledger) => {
      const summary = await runJob(job, { stores, ledger });
      if (summary.items.succeeded !== items) throw new Error(`expected ${items} items, got ${JSON.stringify(summary)}`);
      return items;
    };
    const measured = await measure(
      [
        { name: 'ledger in PostgreSQL', run: () => run(postgres) },
        { name: 'ledger in memory', run: () => run(memory) },
      ],
      turns,
    );
    printRatios(`A run over ${items.toLocaleString('en')} Postgres rows, ${name}`, measured);
  }
}
