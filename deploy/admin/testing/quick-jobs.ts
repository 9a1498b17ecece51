/** Jobs of two items, one of which fails, whose scope takes about any JSON: for requests by the thousand. */
import { defineJob, type Job, memorySource } from '@stint/sdk';
import { z } from 'zod';

const scope = z.object({
  tenantId: z.string().max(40).optional(),
  ids: z.array(z.string()).max(20).optional(),
  since: z.iso.date().optional(),
  most: z.number().int().min(1).optional(),
  kind: z.enum(['new', 'old']).optional(),
  isLate: z.boolean().optional(),
  more: z.record(z.string(), z.json()).optional(),
});

function quickJob(name: string, unscoped: boolean): Job {
  return defineJob({
    name,
    summary: 'Works two items, and fails one of them.',
    scope,
    exclusive: 'scope',
    admin: { unscoped },
    limits: { tolerate: { failures: 10, percent: 100 } },
    async run(ctx) {
      await ctx.each(memorySource(['a', "b'; --"]), async (value) => {
        if (value !== 'a') throw new RangeError('no b');
      });
    },
  }) as unknown as Job;
}

export const quickJobs: readonly Job[] = [quickJob('narrow', false), quickJob('wide', true)];
