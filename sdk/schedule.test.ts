import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DefinitionError } from './errors.ts';
import { checkSchedule, type Schedule, startRetryOf } from './schedule.ts';

const check = (schedule: object) => () => checkSchedule('job', schedule as Schedule);

describe('schedule', () => {
  it('takes rates as EventBridge writes them', () => {
    for (const rate of ['1 minute', '15 minutes', '1 hour', '12 hours', '1 day', '7 days'])
      expect(check({ rate }), rate).not.to.throw();
  });

  it('refuses a rate that reads otherwise', () => {
    for (const rate of [
      '',
      '15',
      '15minutes',
      '0 minutes',
      '-1 hour',
      '1.5 hours',
      '2 weeks',
      'rate(1 hour)',
      ' 1 hour',
      '1 hour\n',
    ]) {
      expect(check({ rate }), rate).to.throw(
        DefinitionError,
        `expected job's schedule.rate to read like "15 minutes", "1 hour" or "7 days", got "${rate}"`,
      );
    }
    for (const rate of ['1 minutes', '2 minute', '1 days']) {
      expect(check({ rate }), rate).to.throw(
        `expected job's schedule.rate to be "1 minute" but "2 minutes", got "${rate}"; EventBridge insists`,
      );
    }
  });

  it('takes cron expressions of six fields, with a time zone', () => {
    for (const cron of [
      '0 6 * * ? *',
      '*/15 8-18 ? * MON-FRI *',
      '0 0 L * ? 2027',
      '30 6 ? * 2#1 *',
      '0,30 * 1W * ? *',
    ])
      expect(check({ cron, timezone: 'Europe/Berlin' }), cron).not.to.throw();
  });

  it('refuses a cron expression that is none', () => {
    for (const cron of ['', '0 6 * * *', '0 6 * * ? * *', '0  6 * * ? *', '0 6 * * ? $', 'cron(0 6 * * ? *)']) {
      expect(check({ cron }), cron).to.throw(
        DefinitionError,
        `expected job's schedule.cron to have six fields, like "0 6 * * ? *", got "${cron}"`,
      );
    }
    for (const cron of ['0 6 * * * *', '0 6 ? * ? *']) {
      expect(check({ cron }), cron).to.throw(
        `expected exactly one of day-of-month and day-of-week in job's schedule.cron to be "?", got "${cron}"`,
      );
    }
  });

  it('refuses a cron expression with values that do not exist', () => {
    for (const cron of [
      '60 6 * * ? *',
      '0 24 * * ? *',
      '0 6 32 * ? *',
      '0 6 * 13 ? *',
      '0 6 * FOO ? *',
      '0 6 ? * 0 *',
      '0 6 ? * 8 *',
      '0 6 ? * MON#6 *',
      '0 6-5 * * ? *',
      '0/0 6 * * ? *',
      '0 6 5L * ? *',
      '0 6 ? * 5W *',
      '0 6 * * ? 0',
    ]) {
      expect(check({ cron }), cron).to.throw(
        DefinitionError,
        `expected job's schedule.cron to be one that EventBridge takes, got "${cron}" (`,
      );
    }
  });

  it('refuses a time zone that does not exist', () => {
    expect(check({ cron: '0 6 * * ? *', timezone: 'Berlin' })).to.throw(
      'expected job\'s schedule.timezone to be an IANA time zone like "Europe/Berlin", got "Berlin"',
    );
  });

  it('takes each way of overlap, and refuses any other', () => {
    for (const overlap of ['skip', 'wait', 'cancel-other', 'allow'])
      expect(check({ rate: '1 hour', overlap })).not.to.throw();
    expect(check({ rate: '1 hour', overlap: 'queue' })).to.throw(
      'expected job\'s schedule.overlap to be one of skip, wait, cancel-other, allow, got "queue"',
    );
  });

  it('takes a rule in the place of the scheduler, in UTC alone', () => {
    for (const by of ['scheduler', 'rule']) expect(check({ rate: '1 hour', by })).not.to.throw();
    expect(check({ cron: '0 6 * * ? *', by: 'rule', timezone: 'UTC' })).not.to.throw();
    expect(check({ cron: '0 6 * * ? *', by: 'rule', timezone: 'Europe/Berlin' })).to.throw(
      'expected job\'s schedule.timezone to be UTC when it is started by a rule, which knows no other, got "Europe/Berlin"',
    );
    expect(check({ rate: '1 hour', by: 'hand' })).to.throw(
      'expected job\'s schedule.by to be "scheduler" or "rule", got "hand"',
    );
  });

  it('tries a start again five times within a quarter of an hour, or as it is told', () => {
    expect(startRetryOf({ rate: '1 hour' })).to.deep.equal({ attempts: 5, maxAgeMs: 900_000 });
    expect(startRetryOf({ rate: '1 hour', retry: { attempts: 0 } })).to.include({ attempts: 0 });
    for (const retry of [{ attempts: 186 }, { attempts: -1 }, { maxAgeMs: 59_000 }, { maxAgeMs: 60_500 }])
      expect(check({ rate: '1 hour', retry }), JSON.stringify(retry)).to.throw(
        DefinitionError,
        "expected job's schedule.retry.",
      );
  });

  it('refuses a schedule that is neither', () => {
    expect(check({})).to.throw(DefinitionError, "expected job's schedule to have a rate or a cron");
  });
});
