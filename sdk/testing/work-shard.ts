/**
 * For tests only: a job that works each row of `things` slowly and notes it in `worked`; and, as a program, one shard of it:
 * `node work-shard.ts <database url> <index/count>`.
 */
import { defineJob, parseShard, runJob } from '../index.ts';
import { PostgresLedger } from '../ledger/postgres.ts';

export const shardJob = defineJob({
  name: 'work-shard',
  summary: 'Notes each row.',
  exclusive: 'scope',
  shards: true,
  limits: { concurrency: 2, tolerate: { failures: 1_000 }, retry: { attempts: 1 } },
  async run(ctx) {
    const things = ctx.postgres.rows<{ id: number; slow: number; bad: boolean }>({
      sql: 'select * from things',
      key: ['id'],
      shard: ctx.shard,
    });
    await ctx.each(things, async ({ id, slow, bad }) => {
      await ctx.clock.sleep(slow);
      if (bad) throw new Error('it is bad');
      await ctx.postgres.query('insert into worked values ($1, $2)', [id, ctx.shard?.index ?? -1]);
    });
  },
});

if (import.meta.main) {
  const [connectionString = '', shard = ''] = process.argv.slice(2);
  await using ledger = new PostgresLedger({ access: { connectionString } });
  await runJob(shardJob, { ledger, stores: { postgres: { connectionString } }, shard: parseShard(shard, 'the shard') });
}
