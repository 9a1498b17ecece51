/** The registry of images that are made for tests. */
import { performance } from 'node:perf_hooks';
import { defineJob, type Job } from '@stint/sdk';
import { z } from 'zod';

export const meals = { all: 40, beforeHunger: 20 };

const hungry = defineJob({
  name: 'hungry',
  summary: 'Eats all the memory there is.',
  env: z.object({ HUNGRY: z.stringbool(), GATE_URL: z.url() }),
  secrets: ['DATABASE_URL'],
  schedule: { rate: '1 day' },
  limits: { concurrency: 1 },

  async run(ctx) {
    const rows = ctx.postgres.rows<{ id: number }>({ sql: 'select id from meals', key: ['id'] });
    const kept: Buffer[] = [];
    await ctx.each(rows, async ({ id }) => {
      if (id > meals.beforeHunger && ctx.env.HUNGRY) {
        await ctx.http.get(ctx.env.GATE_URL);
        for (;;) kept.push(Buffer.alloc(2 ** 24, 1));
      }
      await ctx.postgres.query('update meals set eaten = eaten + 1 where id = $1', [id]);
    });
  },
});

const firstItem = defineJob({
  name: 'first-item',
  summary: 'Tells how long after the start of its process the first item was read and looked up.',
  secrets: ['DATABASE_URL'],
  schedule: { rate: '1 day' },
  limits: { concurrency: 1 },

  async run(ctx) {
    const rows = ctx.postgres.rows<{ id: string }>({ sql: 'select id from work', key: ['id'] });
    await ctx.each(rows, async ({ id }) => {
      await ctx.dynamo.get('work', { id });
      ctx.log.info('first item', { afterMs: performance.now() });
    });
  },
});

export const jobs: readonly Job[] = [hungry as unknown as Job, firstItem as unknown as Job];
