/** Jobs for the browser's tests: one that waits to be let go, one whose items fail, one whose data is hostile. */
import { defineJob, type Job, memorySource } from '@stint/sdk';
import { z } from 'zod';
import type { Gate } from './gate.ts';

/** Of `watch`: it works them in this order, three at once. */
export const watchedItems = Array.from({ length: 20 }, (_, index) => `item-${index + 1}`);

/** Of `call`; the service refuses the first three. */
export const calledItems = ['1001', '1002', '1003', '1004', '1005', '1006'];
export const refusedItems = calledItems.slice(0, 3);

/** Keys, names and messages that are dangerous wherever they are not text. */
export const hostileTexts = [
  `<script>alert('key')</script>`,
  `"><img src=x onerror="alert('key')">`,
  `' onmouseover='alert(1)`,
  `</pre></details><svg onload=alert(2)>`,
  `javascript:alert(3)//%0d%0aSet-Cookie: x=y`,
  `\u202Eright to left\nand a line\u0000`,
  `${'a-very-long-key-without-any-place-to-break-'.repeat(8)}`,
];

const scope = z.object({
  tenantId: z.string().min(2).max(200).optional().describe('Only items of this tenant'),
  ids: z.array(z.string().regex(/^\d+$/)).max(20).optional().describe('Only these items'),
  since: z.iso.date().optional().describe('Only items made on this day or later'),
  most: z.number().int().min(1).max(1_000).optional(),
  kind: z.enum(['new', 'old']).optional(),
  urgent: z.boolean().optional(),
  ways: z.array(z.enum(['card', 'sepa', 'cash'])).optional(),
  window: z.object({ from: z.string(), to: z.string() }).optional(),
});

export function browserJobs(gate: Gate): readonly Job[] {
  return [
    defineJob({
      name: 'watch',
      summary: 'Works twenty items, each of which waits until it is let go.',
      scope,
      schedule: { rate: '15 minutes' },
      limits: { concurrency: 3, perSecond: 1_000, burst: 1_000, drainMs: 100 },
      async run(ctx) {
        await ctx.each(memorySource(watchedItems), async (value, item) => {
          await gate.pass(item.signal);
          if (Number(value.split('-')[1]) % 4 === 0) return item.skip('still pending');
          item.count('settled');
        });
      },
    }),
    defineJob({
      name: 'call',
      summary: 'Asks a service about each of six items.',
      scope,
      env: z.object({ SERVICE_URL: z.url() }),
      admin: { unscoped: true },
      limits: { tolerate: { failures: 10 } },
      async run(ctx) {
        await ctx.each(memorySource(calledItems), async (value, item) => {
          if (value === '1006' && ctx.scope.kind === 'old') throw new RangeError(`no ${value} of this kind`);
          await ctx.http.get(`${ctx.env.SERVICE_URL}/items/${value}`);
          item.count('answered');
        });
      },
    }),
    defineJob({
      name: 'hostile',
      summary: 'Has keys, names and messages that mean harm.',
      scope,
      env: z.object({ SERVICE_URL: z.url() }),
      admin: { unscoped: true },
      limits: { tolerate: { failures: 100 } },
      async run(ctx) {
        await ctx.each(memorySource(hostileTexts), async (text, item) => {
          item.count(text);
          const url = `${ctx.env.SERVICE_URL}/items/${encodeURIComponent(text)}`;
          await ctx.http.post(url, { headers: { 'x-text': encodeURI(text) }, json: { text } });
        });
        await ctx.each(memorySource(hostileTexts), async (text, item) => item.skip(text), { name: 'second' });
        const error = new Error(hostileTexts.join(' '));
        error.name = hostileTexts[0] ?? '';
        throw error;
      },
    }),
  ] as unknown as readonly Job[];
}
