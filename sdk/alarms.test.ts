import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Alarms, missedAfterMsOf, resolveAlarms } from './alarms.ts';
import { DefinitionError } from './errors.ts';
import type { Schedule } from './schedule.ts';

const resolve = (alarms: object | undefined, schedule?: Schedule, toleratedFailures = 0) =>
  resolveAlarms({ job: 'a-job', alarms: alarms as Alarms | undefined, schedule, toleratedFailures });
const hourMs = 3_600_000;

describe('the alarms of a job', () => {
  it('miss a run after twice the longest time between two starts', () => {
    const missed = (schedule: Schedule) => missedAfterMsOf({ alarms: resolve(undefined, schedule), schedule });
    expect(missed({ rate: '15 minutes' })).to.equal(hourMs);
    expect(missed({ rate: '3 hours' })).to.equal(6 * hourMs);
    expect(missed({ cron: '30 6 * * ? *' })).to.equal(48 * hourMs);
    // From Friday to Monday.
    expect(missed({ cron: '0 6 ? * MON-FRI *' })).to.equal(2 * 72 * hourMs);
    expect(missed({ cron: '0 6 1,16 * ? *' }), 'twice a month').to.equal(30 * 24 * hourMs);
  });

  it('miss no run of a job whose starts are farther apart than a monitor looks back', () => {
    const schedule = { cron: '0 6 1 * ? *' };
    expect(missedAfterMsOf({ alarms: resolve(undefined, schedule), schedule }), 'once a month').to.equal(false);
  });

  it('miss no run of a job that has no schedule, or that is due but once', () => {
    expect(resolve(undefined).missedAfterMs).to.equal(false);
    const schedule = { cron: '0 6 1 1 ? 2030' };
    expect(missedAfterMsOf({ alarms: resolve(undefined, schedule), schedule })).to.equal(false);
    expect(() => resolve({ missedAfterMs: 'schedule' })).to.throw('expected a-job to have a schedule that');
  });

  it('let as many items fail as the limits of the job do', () => {
    expect(resolve(undefined, undefined, 25).failedItems).to.equal(25);
    expect(resolve(undefined, undefined, Number.POSITIVE_INFINITY).failedItems).to.equal(0);
  });

  it('can be set, and turned off', () => {
    const set = { missedAfterMs: 2 * hourMs, longerThanMs: 60_000, failedItems: 3 };
    expect(resolve(set, { rate: '1 hour' })).to.deep.equal(set);
    const off = { missedAfterMs: false, longerThanMs: false, failedItems: false };
    expect(resolve(off, { rate: '1 hour' })).to.deep.equal(off);
  });

  it('refuse what is no threshold', () => {
    for (const [name, value] of [
      ['missedAfterMs', 59_999],
      ['missedAfterMs', 31 * 24 * hourMs],
      ['missedAfterMs', true],
      ['longerThanMs', 0],
      ['longerThanMs', 'always'],
      ['failedItems', -1],
      ['failedItems', 1.5],
    ] as const) {
      expect(() => resolve({ [name]: value }), `${name} ${value}`).to.throw(
        DefinitionError,
        `expected a-job's alarms.${name} to be false or a whole number from`,
      );
    }
  });
});
