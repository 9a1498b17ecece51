import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Summary } from '../summary.ts';
import { beginAttempt, completeAttempt, fitAttempts, readAttempts } from './attempts.ts';

const at = '2026-01-01T00:00:00.000Z';
const attempt = (number: number, holder = 'host') =>
  beginAttempt([], { attempt: number, holder, startedAt: at, fromCheckpoint: 0 })[0]!;
const ended = { summary: { status: 'failed', error: null } as Summary, at, toCheckpoint: 3 };

describe('ledger/attempts', () => {
  it('completes the attempt that is counted, and none in its stead', () => {
    const attempts = [attempt(1), attempt(2)];
    expect(completeAttempt(attempts, 2, ended)).to.deep.equal([
      attempts[0],
      { ...attempts[1], endedAt: at, status: 'failed', reason: undefined, toCheckpoint: 3 },
    ]);
    expect(completeAttempt(attempts, 3, ended)).to.equal(attempts);
    expect(completeAttempt([], 1, ended)).to.deep.equal([]);
  });

  it('lets go of the oldest until the rest fits, and never of the last', () => {
    const attempts = Array.from({ length: 50 }, (_, n) => attempt(n + 1, 'ü'.repeat(1_000)));
    const fitting = fitAttempts(attempts, 32_000);
    expect(fitting).to.deep.equal(attempts.slice(-fitting.length)).and.to.have.length.within(10, 16);
    expect(Buffer.byteLength(JSON.stringify(fitting))).to.be.at.most(32_000);
    expect(fitAttempts(attempts, 10)).to.deep.equal(attempts.slice(-1));
    expect(fitAttempts([], 10)).to.deep.equal([]);
  });

  it('reads what JSON has left out, or has as null', () => {
    const stored = { attempt: 1, holder: 'host', startedAt: at, fromCheckpoint: 0, reason: null };
    expect(readAttempts([stored])).to.deep.equal([attempt(1)]);
    expect(readAttempts(undefined)).to.deep.equal([]);
  });
});
