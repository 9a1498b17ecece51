import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Context } from './context.ts';
import { summaryJsonSchema, summarySchema } from './summary.ts';
import { openRunWorld } from './testing/run-world.ts';

/** The summary of a run in which some of everything happened. */
async function setup() {
  const { run, source, clock } = openRunWorld();
  return run(
    (ctx) =>
      ctx.each(source(50), async (value, item) => {
        await clock.sleep(value);
        if (value % 5 === 0) throw new Error('boom');
        if (value % 5 === 1) item.skip('not now');
        item.count('seen');
      }),
    { limits: { perSecond: 100, concurrency: 4, tolerate: { failures: 10 } }, trigger: { kind: 'admin', by: 'bob' } },
  );
}

describe('summary', () => {
  it('fits its schema as it is and after a round trip through JSON', async () => {
    const summary = await setup();
    expect(summarySchema.parse(summary)).to.deep.equal(summary);
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).to.deep.equal(summary);
  });

  it('tells what a run did', async () => {
    const summary = await setup();
    expect(summary).to.deep.include({
      schema: 'stint.summary/1',
      job: 'test-job',
      attempt: 1,
      status: 'succeeded',
      exitCode: 0,
      trigger: { kind: 'admin', by: 'bob' },
      scope: {},
      dryRun: false,
      items: { read: 50, succeeded: 30, skipped: 10, failed: 10, quarantined: 0, remaining: 0, retried: 0 },
      skipped: { 'not now': 10 },
      counts: { seen: 40 },
      failuresByError: { Error: 10 },
      error: null,
      version: { commit: null, image: null },
    });
    expect(summary.runId).to.match(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(Date.parse(summary.finishedAt) - Date.parse(summary.startedAt)).to.be.closeTo(summary.durationMs, 1);
    expect(summary.rate.itemsPerSecond).to.be.closeTo(50 / (summary.durationMs / 1_000), 0.1);
    expect(summary.rate.latencyMs.max).to.be.closeTo(49, 0.1);
    expect(summary.limits.concurrency).to.deep.equal({ limit: 4, peak: 4 });
  });

  it('tells of a limit on its items, and of none when there was none', async () => {
    const { run, source } = openRunWorld();
    const all = (ctx: Context) => ctx.each(source(5), async () => {});
    expect(await run(all, { limit: 2 })).to.deep.include({ limit: 2, status: 'succeeded' });
    expect(await run(all)).to.not.have.property('limit');
  });

  it('takes no field more and no status that there is not', async () => {
    const summary = await setup();
    expect(summarySchema.safeParse({ ...summary, payload: {} }).success).to.equal(false);
    expect(summarySchema.safeParse({ ...summary, status: 'running' }).success).to.equal(false);
    expect(summarySchema.safeParse({ ...summary, items: { ...summary.items, read: -1 } }).success).to.equal(false);
  });

  it('is published as JSON Schema, draft 2020-12, that requires every field but the shard of a spread run and the limit of a limited one, and allows no other', async () => {
    const schema = summaryJsonSchema() as {
      $schema: string;
      type: string;
      additionalProperties: boolean;
      required: string[];
      properties: Record<string, unknown>;
    };
    expect(schema.$schema).to.equal('https://json-schema.org/draft/2020-12/schema');
    expect(schema.type).to.equal('object');
    expect(schema.additionalProperties).to.equal(false);
    const fields = Object.keys(await setup()).sort();
    expect([...schema.required].sort()).to.deep.equal(fields);
    expect(Object.keys(schema.properties).sort()).to.deep.equal([...fields, 'limit', 'shard'].sort());
    expect(JSON.parse(JSON.stringify(schema))).to.deep.equal(schema);
    const references = JSON.stringify(schema).match(/"\$ref":"[^"]*"/g) ?? [];
    for (const reference of references) expect(reference).to.match(/"#/);
  });
});
