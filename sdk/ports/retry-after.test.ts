import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseRetryAfter } from './retry-after.ts';

const nowMs = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('ports/retry-after', () => {
  it('takes seconds', () => {
    expect(parseRetryAfter('0', nowMs)).to.equal(0);
    expect(parseRetryAfter('120', nowMs)).to.equal(120_000);
    expect(parseRetryAfter(' 5 ', nowMs)).to.equal(5_000);
    expect(parseRetryAfter(['7', '9'], nowMs)).to.equal(7_000);
  });

  it('takes a date in each form that HTTP has, always as GMT', () => {
    for (const date of ['Sun, 06 Nov 1994 08:50:37 GMT', 'Sunday, 06-Nov-94 08:50:37 GMT', 'Sun Nov  6 08:50:37 1994'])
      expect(parseRetryAfter(date, nowMs), date).to.equal(60_000);
  });

  it('takes a date without a zone as GMT wherever it is', () => {
    const zone = process.env.TZ;
    process.env.TZ = 'America/New_York';
    try {
      expect(parseRetryAfter('Sun Nov  6 08:50:37 1994', nowMs)).to.equal(60_000);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('takes a date that has passed for no wait', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:00:00 GMT', nowMs)).to.equal(0);
  });

  it('knows nothing when the header is absent or unreadable', () => {
    for (const header of [undefined, [], '', ' ', 'soon', '1.5', '-5', '5s', '0x10', '1e3', '12:30', 'May 5']) {
      expect(parseRetryAfter(header, nowMs), String(header)).to.equal(undefined);
    }
  });
});
