/**
 * example-job: asks the API about every open record, and closes those that are closed there.
 *
 * Why: records are opened here and closed elsewhere, and the API tells of it only when it is asked.
 *
 *   reads    items of the table `records` with status 'open', in four segments at once
 *   asks     GET {EXAMPLE_API_URL}/records/{id}
 *   writes   status and version of the record, only while it is still open
 *
 * What becomes of a record:
 *
 *   the API says       here                                     in the summary
 *   closed             is closed                                succeeded, counts.closed
 *   open               stays open, asked about again next time  skipped 'still open'
 *   404                stays open; a person has to look         skipped 'unknown to the API'
 *   5xx, no answer     again, up to four times in all           failed if none of them worked
 *   anything else      stays open                               failed
 *
 * A record that somebody else closed between read and write stays as they left it: skipped 'changed since it was read'.
 *
 * Asking twice does no harm, and the write is conditional, so a run that was cut off is simply resumed.
 *
 * Scope: `tenantId` for the records of one tenant.
 * Limits: eight records at once, 20 requests a second. Up to ten failed records, at most 5 %, do not fail the run: they
 * are still open and asked about again next time.
 */
import { defineJob } from '@stint/sdk';
import { z } from 'zod';

interface OpenRecord {
  readonly id: string;
}

const answerSchema = z.object({ status: z.enum(['open', 'closed']) });

export default defineJob({
  name: 'example-job',
  summary: 'Asks the API about every open record and closes those that are closed there.',
  scope: z.object({ tenantId: z.string().min(1).optional().describe('Only records of this tenant') }),
  env: z.object({ EXAMPLE_API_URL: z.url() }),
  secrets: ['EXAMPLE_API_KEY'],
  tables: { records: 'write' },
  schedule: { rate: '1 hour', overlap: 'skip' },
  limits: { concurrency: 8, perSecond: 20, itemTimeoutMs: 10_000, tolerate: { failures: 10, percent: 5 } },

  async run(ctx) {
    const { tenantId } = ctx.scope;
    const headers = { authorization: `Bearer ${ctx.secrets.EXAMPLE_API_KEY}` };
    const records = ctx.dynamo.scan<OpenRecord>({
      table: 'records',
      segments: 4,
      filter: tenantId === undefined ? '#status = :open' : '#status = :open and tenantId = :tenant',
      names: { '#status': 'status' },
      values: { ':open': 'open', ...(tenantId !== undefined && { ':tenant': tenantId }) },
    });

    await ctx.each(records, async (record, item) => {
      const url = `${ctx.env.EXAMPLE_API_URL}/records/${encodeURIComponent(record.id)}`;
      const answer = await ctx.http.get(url, { headers, allow: [404] });
      if (answer.status === 404) return item.skip('unknown to the API');

      const { status } = answer.json(answerSchema);
      if (status === 'open') return item.skip('still open');

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
