/** What it costs to tell of a run: log, metrics and 1 % item traces, all into nothing, against a run that tells nobody. */
import {
  defineJob,
  type Job,
  joinObservers,
  openLog,
  type RunOptions,
  reportMetrics,
  reportTraces,
  runJob,
} from '@stint/sdk';
import type { Stack } from '../stack/stack.ts';
import { type Contender, measure, printRatios } from './ratio.ts';

const concurrency = 16;
const nothing = () => {};

/** As a task would do it, but for where it all goes. */
function telling(job: string): RunOptions {
  const metrics = reportMetrics({ count: nothing, distribution: nothing }, { job, env: 'bench', version: '1' });
  const span = { setTag: nothing, setError: nothing, end: nothing };
  const traces = reportTraces({ startSpan: () => span }, { job });
  return {
    log: (bindings) => openLog({ write: nothing }, bindings),
    observer: joinObservers(metrics.observer, traces.observer),
    middleware: [traces.middleware, metrics.middleware],
  };
}

function metricsOnly(job: string): RunOptions {
  const { observer, middleware } = reportMetrics({ count: nothing, distribution: nothing }, { job });
  return { observer, middleware: [middleware] };
}

export async function benchReport(stack: Stack, { items, turns }: { items: number; turns: number }): Promise<void> {
  await using fork = await stack.fork();
  const stores = { postgres: { connectionString: fork.postgresUrl } };
  const list = Array.from({ length: items }, (_, index) => index);
  const limits = { concurrency };
  const rows = `select n::bigint as id, 't-' || n % 4 as tenant, n % 10000 as amount from generate_series(1, ${items}) n`;
  const few = Math.min(items, 20_000);
  const jobs: readonly (readonly [title: string, items: number, job: Job])[] = [
    [
      'Postgres rows, a no-op handler',
      items,
      defineJob({
        name: 'bench-report-rows',
        summary: 'Does nothing with each row.',
        limits,
        run: (ctx) => ctx.each(ctx.postgres.rows<{ id: string }>({ sql: rows, key: ['id'] }), async () => {}),
      }),
    ],
    [
      'items of a list, a no-op handler',
      items,
      defineJob({
        name: 'bench-report-list',
        summary: 'Does nothing with each item.',
        limits,
        run: (ctx) => ctx.each(list, async () => {}),
      }),
    ],
    [
      'items of a list, each with a query',
      few,
      defineJob({
        name: 'bench-report-queries',
        summary: 'Asks something for each item.',
        limits,
        run: (ctx) =>
          ctx.each(list.slice(0, few), async (value) => {
            await ctx.postgres.query('select $1::int', [value]);
          }),
      }),
    ],
  ];
  for (const [title, count, job] of jobs) {
    const contender = (name: string, options: () => RunOptions): Contender => ({
      name,
      run: async () => {
        const summary = await runJob(job, { stores, ...options() });
        if (summary.items.succeeded !== count) throw new Error(`expected ${count}, got ${JSON.stringify(summary)}`);
        return count;
      },
    });
    const measured = await measure(
      [
        contender('log, metrics and traces of 1 %', () => telling(job.name)),
        contender('nobody is told', () => ({})),
        contender('metrics alone', () => metricsOnly(job.name)),
      ],
      turns,
    );
    printRatios(`A run over ${count.toLocaleString('en')} ${title}`, measured);
  }
}
