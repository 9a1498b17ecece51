import { defineJob } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openHarness } from './index.ts';

/** A job that reads the rates and writes one. */
const jobWith = (tables: Record<string, 'read' | 'write'>) =>
  defineJob({
    name: 'sync-exchange-rates',
    summary: 'Is a test.',
    tables,
    async run(ctx) {
      await ctx.dynamo.get('exchange-rates', { pair: 'EUR-USD' });
      await ctx.dynamo.put('exchange-rates', { pair: 'EUR-USD' });
    },
  });

describe('the tables of a job', () => {
  async function errorOf(tables: Record<string, 'read' | 'write'>) {
    await using harness = await openHarness('sync-exchange-rates/happy');
    const { summary } = await harness.run(jobWith(tables));
    return summary.error?.message;
  }

  it('are those that it declares', async () => {
    expect(await errorOf({ 'exchange-rates': 'write' })).to.equal(undefined);
  });

  it('refuse a table that it does not declare, and a write to one that it reads, saying what to declare', async () => {
    expect(await errorOf({})).to.equal(
      'expected sync-exchange-rates to declare what it does with the table exchange-rates, got GetItem; ' +
        "add to the job: tables: { 'exchange-rates': 'read' }",
    );
    expect(await errorOf({ 'exchange-rates': 'read' })).to.include(
      "got PutItem; add to the job: tables: { 'exchange-rates': 'write' }",
    );
  });
});
