import { expect } from 'chai';
import { describe, it } from 'mocha';
import { dollarsText, monthlyCost } from './cost.ts';
import { parseDuration } from './durations.ts';
import { priceTable } from './price-table.ts';
import { runsAMonth } from './runs-a-month.ts';

const now = new Date('2026-11-29T20:00:00Z');
const task = { cpu: 1_024, memoryMb: 2_048, diskGb: 20, architecture: 'x64', spot: false } as const;
const prices = priceTable.get('us-east-1')!;
const hour = { task, runsAMonth: 1, durationMs: 3_600_000, assignPublicIp: false };

describe('fargate-plugin/commands/cost', () => {
  it('is what a task of this size costs for an hour', () => {
    expect(monthlyCost(prices, hour)).to.be.closeTo(0.04048 + 2 * 0.004445, 1e-9);
    const arm = { ...task, architecture: 'arm64', diskGb: 120 } as const;
    expect(monthlyCost(prices, { ...hour, task: arm })).to.be.closeTo(0.03238 + 2 * 0.00356 + 100 * 0.000111, 1e-9);
    expect(monthlyCost(prices, { ...hour, task: { ...task, spot: true } })).to.be.closeTo(0.3 * 0.04937, 1e-9);
  });

  it('bills a minute at least', () => {
    const seconds = (durationMs: number) => monthlyCost(prices, { ...hour, durationMs });
    expect(seconds(1_000)).to.equal(seconds(60_000)).and.to.be.below(seconds(61_000));
  });

  it('has a price for each thing in each region', () => {
    for (const { x64, arm64, disk } of priceTable.values())
      for (const price of [x64.cpu, x64.memory, arm64.cpu, arm64.memory, disk]) expect(price).to.be.above(0);
  });

  it('counts the runs of a month', () => {
    const cron = (text: string) => Math.round(runsAMonth({ cron: text, timezone: 'Europe/Berlin' }, now));
    expect(runsAMonth(undefined, now)).to.equal(0);
    expect(runsAMonth({ rate: '1 day' }, now)).to.be.closeTo(30.4, 0.1);
    expect(cron('0 6 1 * ? *')).to.equal(1);
    expect(cron('0 6 * * ? *')).to.equal(30);
    expect(cron('0/5 * * * ? *')).to.equal(8_760);
    expect(cron('0 9-17 ? * MON-FRI *')).to.be.within(190, 200);
    expect(cron('0 0 1 1 ? 2020')).to.equal(0);
    expect(runsAMonth({ cron: '0 0 1 1 ? 2027' }, now)).to.be.closeTo(1 / 12, 1e-9);
  });

  it('reads durations and writes dollars as people do', () => {
    expect(['90s', '5m', '1.5h'].map(parseDuration)).to.deep.equal([90_000, 300_000, 5_400_000]);
    expect(['5', '0s', '-1m', '1d', '', '5 m'].map(parseDuration)).to.deep.equal(Array(6).fill(undefined));
    expect([0, 0.0002, 0.0042, 1.204, 12].map(dollarsText)).to.deep.equal([
      '$0',
      'under $0.001',
      '$0.004',
      '$1.20',
      '$12.00',
    ]);
  });
});
