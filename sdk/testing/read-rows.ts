/** Runs a job that does nothing with each row of `big_rows`, and prints its summary: `node read-rows.ts <database url>`. */
import { defineJob, runJob } from '../index.ts';

const job = defineJob({
  name: 'read-rows',
  summary: 'Does nothing with each row.',
  limits: { concurrency: 16 },
  async run(ctx) {
    await ctx.each(ctx.postgres.rows<{ id: string }>({ sql: 'select * from big_rows', key: ['id'] }), async () => {});
  },
});

const summary = await runJob(job, { stores: { postgres: { connectionString: process.argv[2] ?? '' } } });
process.stdout.write(JSON.stringify(summary));
