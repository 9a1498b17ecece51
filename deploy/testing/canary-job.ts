/** A job that puts its secrets wherever a job can put them: into errors, logs, reasons, counts, requests, queries. */
import { defineJob, type Job } from '@stint/sdk';
import { z } from 'zod';

const scope = z.object({
  note: z.string().optional(),
  ids: z.array(z.string()).optional(),
  /** How it ends. */
  end: z.enum(['well', 'throw', 'stray']).optional(),
});

export const canaryJob = defineJob({
  name: 'canary',
  summary: 'Tells its secrets to everybody.',
  scope,
  env: z.object({ CANARY_API_URL: z.url(), CANARY_PROXY_URL: z.url() }),
  secrets: ['DATABASE_URL', 'CANARY_KEY'],
  admin: { unscoped: true },
  limits: { concurrency: 1, tolerate: { failures: 100, percent: 100 }, retry: { attempts: 2, baseMs: 1, maxMs: 2 } },

  async run(ctx) {
    const key = ctx.secrets.CANARY_KEY;
    const base = ctx.env.CANARY_API_URL;
    const secretive = new Error(`in the cause: ${key}`);
    const tell = {
      text: `it is ${key}`,
      list: [key, { deep: key }],
      headers: { authorization: `Bearer ${key}`, 'x-partner': key },
      [key]: true,
      error: new Error(`no ${key}`, { cause: secretive }),
    };
    ctx.log.info(`begins with ${key}`, tell);
    ctx.log.debug(`at ${ctx.secrets.DATABASE_URL}, by ${ctx.env.CANARY_PROXY_URL}`, { url: ctx.secrets.DATABASE_URL });
    ctx.count(`count ${key}`);

    const headers = { authorization: `Bearer ${key}`, 'x-partner': key, 'x-shape': 'ghp_0123456789abcdefghijklm' };
    const query = `?note=${encodeURIComponent(key)}`;
    const deeds: Readonly<Record<string, () => unknown>> = {
      plain: () => fail(new Error(`no ${key}`, { cause: secretive })),
      base64: () => fail(new Error(Buffer.from(`user:${key}`).toString('base64'))),
      percent: () => fail(new Error(encodeURIComponent(key))),
      json: () => fail(new Error(JSON.stringify({ note: key }))),
      long: () => fail(new Error('x'.repeat(490) + key)),
      named: () => fail(Object.assign(new Error(''), { name: `Error ${key}`, code: key })),
      all: () => fail(new AggregateError([new Error(key), secretive])),
      thrown: () => fail({ key }),
      shapes: () =>
        fail(new Error(`xoxb-123456789012-shape by https://bob:${shapes.password}@a.test/ eyJhbGciOiJI.eyJzdWIi.c2ln`)),
      parsed: () => JSON.parse(`{"note":"${key}`),
      echoed: () => ctx.http.post(`${base}/echo${query}`, { headers, json: { note: key, password: key } }),
      answered: () => ctx.http.get(`${base}/ok${query}`, { headers }).json(z.object({ other: z.string() })),
      reset: () => ctx.http.get(`${base}/reset${query}`, { headers }),
      odd: () => ctx.http.get(`not-a-url-${key}`),
      refused: () => ctx.http.get(`${ctx.env.CANARY_PROXY_URL}${query}`),
      cast: () => ctx.postgres.query('select $1::int', [key]),
      raised: () =>
        ctx.postgres.query(`do $$ begin raise exception 'no %', (select note from canaries limit 1); end $$`),
      unique: () => ctx.postgres.query('insert into canaries (id, note) select id, note from canaries'),
      syntax: () => ctx.postgres.query(`select '${key.replaceAll("'", "''")}' from nowhere where`),
    };
    const rows = ctx.postgres.rows<{ id: string; note: string }>({ sql: 'select id, note from canaries', key: ['id'] });
    await ctx.each(rows, async ({ id, note }, item) => {
      if (ctx.scope.end === 'stray') {
        void Promise.reject(new Error(`stray ${key}`, { cause: secretive }));
        await ctx.clock.sleep(5);
      }
      ctx.log.warn(`works on ${note}`, tell);
      item.count(`item ${note}`);
      if (id === 'skipped') return item.skip(`because of ${note}`);
      return await deeds[id]?.();
    });
    if (ctx.scope.end === 'throw') throw new Error(`ends with ${key}`, { cause: secretive });
  },
}) as unknown as Job;

/** What is declared nowhere, and is told by its form. */
export const shapes = { password: 'shape-of-a-password' };

export const canaryIds: readonly string[] = [
  ...['plain', 'base64', 'percent', 'json', 'long', 'named', 'all', 'thrown', 'shapes', 'parsed', 'echoed', 'answered'],
  ...['reset', 'odd', 'refused', 'cast', 'raised', 'unique', 'syntax', 'skipped'],
];

function fail(error: unknown): never {
  throw error;
}
