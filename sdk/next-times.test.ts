import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { nextTimes } from './next-times.ts';
import { checkSchedule, type Schedule } from './schedule.ts';

const day = '2026-01-01T00:00:00Z';

/** The next times as ISO without what is always zero; years that are 2026 are left out. */
function times(
  schedule: Schedule,
  { after = day, count = 3, last }: { after?: string; count?: number; last?: string },
) {
  checkSchedule('job', schedule);
  const options = { after: new Date(after), count, ...(last === undefined ? {} : { last: new Date(last) }) };
  return nextTimes(schedule, options).map((time) => {
    expect(time.getTime() % 60_000, 'whole minutes').to.equal(0);
    return time
      .toISOString()
      .slice(0, 16)
      .replace(/^2026-/, '');
  });
}

describe('next-times of a cron expression', () => {
  // 2026 begins on a Thursday.
  for (const [cron, expected, what] of [
    ['0 6 * * ? *', ['01-01T06:00', '01-02T06:00', '01-03T06:00'], 'every day'],
    ['*/20 * * * ? *', ['01-01T00:20', '01-01T00:40', '01-01T01:00'], 'steps of minutes'],
    ['5/25 0 * * ? *', ['01-01T00:05', '01-01T00:30', '01-01T00:55'], 'steps from a minute on'],
    ['0 8-18/5 * * ? *', ['01-01T08:00', '01-01T13:00', '01-01T18:00'], 'steps in a range'],
    ['15,45 6 * * ? *', ['01-01T06:15', '01-01T06:45', '01-02T06:15'], 'a list'],
    ['0 0 ? * 1 *', ['01-04T00:00', '01-11T00:00', '01-18T00:00'], 'day 1 is a Sunday'],
    ['0 0 ? * 7 *', ['01-03T00:00', '01-10T00:00', '01-17T00:00'], 'day 7 is a Saturday'],
    ['0 0 ? * L *', ['01-03T00:00', '01-10T00:00', '01-17T00:00'], 'the last day of a week is a Saturday'],
    ['0 0 ? * 2-6 *', ['01-02T00:00', '01-05T00:00', '01-06T00:00'], 'days 2-6 are Monday to Friday'],
    ['0 0 ? * mon-fri *', ['01-02T00:00', '01-05T00:00', '01-06T00:00'], 'names, in any case'],
    ['0 0 ? * SAT-MON *', ['01-03T00:00', '01-04T00:00', '01-05T00:00'], 'days over the end of the week'],
    ['0 0 ? * TUE,6-1 *', ['01-02T00:00', '01-03T00:00', '01-04T00:00'], 'such days in a list, by number'],
    ['0 0 ? * 5#2 *', ['01-08T00:00', '02-12T00:00', '03-12T00:00'], 'the second Thursday: days count from Sunday'],
    ['0 0 ? * THU#5 *', ['01-29T00:00', '04-30T00:00', '07-30T00:00'], 'a fifth Thursday, where there is one'],
    ['0 0 ? * 6L *', ['01-30T00:00', '02-27T00:00', '03-27T00:00'], 'the last Friday'],
    ['0 0 ? * FRIL *', ['01-30T00:00', '02-27T00:00', '03-27T00:00'], 'the last Friday by name'],
    ['0 0 L * ? *', ['01-31T00:00', '02-28T00:00', '03-31T00:00'], 'the last day of a month'],
    ['0 0 L 2 ? *', ['02-28T00:00', '2027-02-28T00:00', '2028-02-29T00:00'], 'that of a leap year'],
    ['0 0 15W * ? *', ['01-15T00:00', '02-16T00:00', '03-16T00:00'], 'the weekday nearest the 15th, a Sunday'],
    ['0 0 15W 8 ? *', ['08-14T00:00', '2027-08-16T00:00', '2028-08-15T00:00'], 'the same, a Saturday'],
    ['0 0 1W 8 ? *', ['08-03T00:00', '2027-08-02T00:00', '2028-08-01T00:00'], 'the same, but in its month'],
    ['0 0 LW * ? *', ['01-30T00:00', '02-27T00:00', '03-31T00:00'], 'the last weekday of a month'],
    ['0 0 1 JAN,JUL ? *', ['07-01T00:00', '2027-01-01T00:00', '2027-07-01T00:00'], 'names of months'],
    ['0 0 1 1 ? 2027-2028', ['2027-01-01T00:00', '2028-01-01T00:00'], 'until a year'],
    ['0 0 1 1 ? */3', ['2027-01-01T00:00', '2030-01-01T00:00', '2033-01-01T00:00'], 'every third year since 1970'],
    ['0 0 1 1 ? 2027/5', ['2027-01-01T00:00', '2032-01-01T00:00', '2037-01-01T00:00'], 'every fifth from one on'],
    ['0 6 * * ? 2025', [], 'a year that is over'],
    ['0 0 30 2 ? *', [], 'a day that never comes'],
    ['0 0 1 1 ? 2200-2300', [], 'years that EventBridge does not know'],
  ] as const) {
    it(`knows ${what}: ${cron}`, () => {
      expect(times({ cron }, {})).to.deep.equal(expected);
    });
  }

  it('is strictly after, also by less than a second', () => {
    const cron = '0 6 * * ? *';
    expect(times({ cron }, { after: '2026-01-01T06:00:00Z', count: 1 })).to.deep.equal(['01-02T06:00']);
    expect(times({ cron }, { after: '2026-01-01T06:00:00.001Z', count: 1 })).to.deep.equal(['01-02T06:00']);
    expect(times({ cron }, { after: '2026-01-01T05:59:59.999Z', count: 1 })).to.deep.equal(['01-01T06:00']);
  });

  const berlin = (cron: string, options: Parameters<typeof times>[1]) =>
    times({ cron, timezone: 'Europe/Berlin' }, options);

  it('keeps to the clock of its time zone when clocks change', () => {
    expect(berlin('30 6 * * ? *', { after: '2026-03-28T00:00:00Z' })).to.deep.equal([
      '03-28T05:30',
      '03-29T04:30',
      '03-30T04:30',
    ]);
    expect(berlin('30 6 * * ? *', { after: '2026-10-24T00:00:00Z' })).to.deep.equal([
      '10-24T04:30',
      '10-25T05:30',
      '10-26T05:30',
    ]);
  });

  // https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
  it('passes over a time that does not exist', () => {
    expect(berlin('30 2 * * ? *', { after: '2026-03-28T00:00:00Z' })).to.deep.equal([
      '03-28T01:30',
      '03-30T00:30',
      '03-31T00:30',
    ]);
    expect(berlin('0/30 1-3 29 3 ? *', { after: '2026-03-28T23:30:00Z', count: 4 })).to.deep.equal([
      '03-29T00:00',
      '03-29T00:30',
      '03-29T01:00',
      '03-29T01:30',
    ]);
    expect(berlin('30 2 29 3 ? 2026', {})).to.deep.equal([]);
  });

  it('takes a time that comes twice the first time only', () => {
    expect(berlin('30 2 * * ? *', { after: '2026-10-24T12:00:00Z', count: 2 })).to.deep.equal([
      '10-25T00:30',
      '10-26T01:30',
    ]);
    const everyHalfHour = '0/30 * * * ? *';
    expect(berlin(everyHalfHour, { after: '2026-10-24T23:59:00Z', count: 4 })).to.deep.equal([
      '10-25T00:00',
      '10-25T00:30',
      '10-25T02:00',
      '10-25T02:30',
    ]);
    for (const after of ['2026-10-25T00:30:00Z', '2026-10-25T00:59:00Z', '2026-10-25T01:10:00Z']) {
      expect(berlin(everyHalfHour, { after, count: 1 }), after).to.deep.equal(['10-25T02:00']);
    }
  });

  it('knows zones that are half an hour off, west, and without a day', () => {
    const at = (timezone: string, after: string) => times({ cron: '0 9 * * ? *', timezone }, { after, count: 2 });
    expect(at('Asia/Kolkata', day)).to.deep.equal(['01-01T03:30', '01-02T03:30']);
    expect(at('America/New_York', '2026-03-07T15:00:00Z')).to.deep.equal(['03-08T13:00', '03-09T13:00']);
    // The 30th of December 2011 was left out there.
    expect(at('Pacific/Apia', '2011-12-29T12:00:00Z')).to.deep.equal(['2011-12-29T19:00', '2011-12-30T19:00']);
  });
});

describe('next-times of a rate', () => {
  it('goes on from the last time', () => {
    const last = '2026-01-01T05:07:00Z';
    expect(times({ rate: '15 minutes' }, { after: '2026-01-01T05:30:00Z', last })).to.deep.equal([
      '01-01T05:37',
      '01-01T05:52',
      '01-01T06:07',
    ]);
    expect(times({ rate: '1 day' }, { after: '2026-03-28T23:00:00Z', last, count: 2 })).to.deep.equal([
      '03-29T05:07',
      '03-30T05:07',
    ]);
    expect(times({ rate: '1 hour' }, { after: last, last, count: 1 })).to.deep.equal(['01-01T06:07']);
    expect(times({ rate: '1 hour' }, { after: '2026-01-01T06:07:00Z', last, count: 1 })).to.deep.equal(['01-01T07:07']);
  });

  it('counts from now when the last time is not known', () => {
    expect(times({ rate: '2 hours' }, {})).to.deep.equal(['01-01T02:00', '01-01T04:00', '01-01T06:00']);
  });

  it('never tells a time that the last one was, when that lies ahead', () => {
    expect(times({ rate: '1 hour' }, { last: '2026-01-01T03:00:00Z', count: 1 })).to.deep.equal(['01-01T04:00']);
  });

  it('ends where dates end', () => {
    expect(times({ rate: '99999999 days' }, {})).to.deep.equal(['+275761-06-13T0'].slice(1));
    expect(nextTimes({ rate: `${'9'.repeat(400)} days` }, { after: new Date(day), count: 3 })).to.deep.equal([]);
  });
});

const cronExpression = fc
  .tuple(
    fc.constantFrom('0', '*', '*/7', '5/20', '0,30'),
    fc.constantFrom('*', '2', '1-3', '0/6', '23'),
    fc.constantFrom(
      ...['* * ?', '1 * ?', 'L * ?', '15W * ?', '29 2 ?', 'LW 3,10 ?'],
      ...['? * *', '? * MON', '? 3 1L', '? 10 1L', '? * 5#2', '? JAN-MAR 6-2'],
    ),
    fc.constantFrom('*', '2026', '2026-2027', '*/2'),
  )
  .map((fields) => fields.join(' '));

const schedule: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({
    cron: cronExpression,
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Casablanca'),
  }),
  fc.constantFrom('1 minute', '15 minutes', '1 hour', '7 days').map((rate) => ({ rate })),
);
const time = fc.date({ min: new Date('2025-12-01'), max: new Date('2028-02-01'), noInvalidDate: true });

describe('next-times of any schedule', () => {
  it('are in order, after the time that was asked for, at most as many as asked for, and the same from any before', () => {
    fc.assert(
      fc.property(schedule, time, fc.nat(12), fc.option(time, { nil: undefined }), (any, after, count, last) => {
        const found = nextTimes(any, { after, count, last }).map((date) => date.getTime());
        expect(found.length).to.be.at.most(count);
        for (const [index, ms] of found.entries()) expect(ms).to.be.above(found[index - 1] ?? after.getTime());
        if ('rate' in any) expect(found).to.have.length(count);
        const [first] = found;
        if (first === undefined) return;
        const again = nextTimes(any, { after: new Date(first), count: count - 1 }).map((date) => date.getTime());
        expect(again).to.deep.equal(found.slice(1));
      }),
      { numRuns: 300 },
    );
  });

  it('are found at any date there is', () => {
    for (const ms of [-8.64e15, -1, 0, 8.64e15]) {
      for (const any of [{ cron: '0 6 * * ? *' }, { rate: '1 day' }]) {
        expect(nextTimes(any, { after: new Date(ms), count: 1 })).to.have.length(ms > 0 ? 0 : 1);
      }
    }
  });
});
