/**
 * example-job: closes every open record that has received all it expects.
 *
 * Why: records are opened by one service and filled by others, none of which sees when a record is complete.
 *
 *   reads    items of the table `records` with status 'open', in four segments at once
 *   writes   status and version of the record, only while it is still open
 *
 * What becomes of a record:
 *
 *   it has received          here                                   in the summary
 *   all that it expects      is closed                              succeeded, counts.closed
 *   less                     stays open, looked at again next time  skipped 'incomplete'
 *
 * A record that somebody else closed between read and write stays as they left it: skipped 'changed since it was read'.
 *
 * Looking twice does no harm, and the write is conditional, so a run that was cut off is simply resumed.
 *
 * Scope: `tenantId` for the records of one tenant.
 * Limits: eight records at once. Up to ten failed records, at most 5 %, do not fail the run: they are still open and
 * looked at again next time.
 */
import { defineJob } from '@stint/sdk';
import { z } from 'zod';

interface OpenRecord {
  readonly id: string;
  readonly expected: number;
  readonly received: number;
}

export default defineJob({
  name: 'example-job',
  summary: 'Closes every open record that has received all it expects.',
  scope: z.object({ tenantId: z.string().min(1).optional().describe('Only records of this tenant') }),
  tables: { records: 'write' },
  schedule: { rate: '1 hour', overlap: 'skip' },
  limits: { concurrency: 8, itemTimeoutMs: 10_000, tolerate: { failures: 10, percent: 5 } },

  async run(ctx) {
    const { tenantId } = ctx.scope;
    const records = ctx.dynamo.scan<OpenRecord>({
      table: 'records',
      segments: 4,
      filter: tenantId === undefined ? '#status = :open' : '#status = :open and tenantId = :tenant',
      names: { '#status': 'status' },
      values: { ':open': 'open', ...(tenantId !== undefined && { ':tenant': tenantId }) },
    });

    await ctx.each(records, async (record, item) => {
      if (record.received < record.expected) return item.skip('incomplete');

      const { applied } = await ctx.dynamo.update({
        table: 'records',
        key: { id: record.id },
        update: 'set #status = :closed, version = version + :one',
        condition: '#status = :open',
        names: { '#status': 'status' },
        values: { ':closed': 'closed', ':open': 'open', ':one': 1 },
      });
      if (!applied) return item.skip('changed since it was read');
      item.count('closed');
    });
  },
});
