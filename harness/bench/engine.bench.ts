/** What the loop, the limiter and the door cost by themselves, with no store in the way. */
import { defineJob, runJob } from '@stint/sdk';
import pMap from 'p-map';
import { measure, printRatios } from './ratio.ts';

export async function benchEngine({ items, turns }: { items: number; turns: number }): Promise<void> {
  const list = Array.from({ length: items }, (_, index) => index);
  const each = (name: string, perSecond?: number) => {
    const job = defineJob({
      name,
      summary: 'Does nothing with each item.',
      limits: { concurrency: 16, ...(perSecond === undefined ? {} : { perSecond }) },
      run: (ctx) => ctx.each(list, async () => {}),
    });
    return async () => (await runJob(job)).items.succeeded;
  };
  const measured = await measure(
    [
      { name: 'ctx.each over a list, pool of 16', run: each('bench-engine') },
      { name: 'the same with a rate limit that is never reached', run: each('bench-limited', 10_000_000) },
      {
        name: 'p-map(16) over a list',
        run: async () => (await pMap(list, async () => {}, { concurrency: 16 })).length,
      },
      {
        name: 'for … await, one at a time',
        run: async () => {
          const handler = async () => {};
          for (const _item of list) await handler();
          return items;
        },
      },
    ],
    turns,
  );
  printRatios(`The loop alone over ${items.toLocaleString('en')} items`, measured);
}
