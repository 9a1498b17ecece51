/** For tests only: what a run's record tells of its attempts. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { End, Ledger } from '../ledger.ts';
import type { OpenStand } from './conformance.ts';
import { claimOf, endOf, grantedOf, saveOf, takenOver } from './ledger-samples.ts';

const ttlMs = 60_000;
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const open = { endedAt: undefined, status: undefined, reason: undefined, toCheckpoint: undefined };

/** Without the times, which are the store's: whether they are there and in order. */
async function attemptsOf(ledger: Ledger, runId: string) {
  const attempts = (await ledger.run(runId))?.attempts ?? [];
  return attempts.map(({ startedAt, endedAt, ...attempt }) => {
    expect(startedAt).to.match(isoTime);
    if (endedAt === undefined) return { ...attempt, endedAt };
    expect(endedAt).to.match(isoTime);
    expect(Date.parse(endedAt)).to.be.at.least(Date.parse(startedAt));
    return { ...attempt, endedAt: 'told' };
  });
}

function endFor(seq: number, status: 'failed' | 'interrupted', message: string): End {
  const end = endOf(seq, status);
  return { ...end, summary: { ...end.summary, error: { name: 'Error', code: '', message } } };
}

export function describeAttempts(openStand: OpenStand): void {
  describe('attempts', () => {
    it('are told from the first on: who, since when, from which checkpoint', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger, { holder: 'host 7' });
      expect(await attemptsOf(ledger, lease.runId)).to.deep.equal([
        { attempt: 1, holder: 'host 7', fromCheckpoint: 0, ...open },
      ]);
      const [listed] = await ledger.runs();
      expect(listed?.attempts).to.deep.equal((await ledger.run(lease.runId))?.attempts);
    });

    it('tell how one that was interrupted ended and why, and what the next one went on from', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const first = await grantedOf(ledger, { holder: 'host 1' });
      await ledger.checkpoint(first.lease, saveOf(3));
      await ledger.finish(first.lease, endFor(4, 'interrupted', 'SIGTERM'));
      const { runId } = first.lease;
      const second = await grantedOf(ledger, { holder: 'host 2' });
      const interrupted = {
        ...{ attempt: 1, holder: 'host 1', fromCheckpoint: 0, toCheckpoint: 4 },
        ...{ endedAt: 'told', status: 'interrupted', reason: 'SIGTERM' },
      };
      expect(await attemptsOf(ledger, runId)).to.deep.equal([
        interrupted,
        { attempt: 2, holder: 'host 2', fromCheckpoint: 4, ...open },
      ]);
      for (let time = 0; time < 2; time++) await ledger.finish(second.lease, endOf(9));
      expect(await attemptsOf(ledger, runId)).to.deep.equal([
        interrupted,
        {
          ...{ attempt: 2, holder: 'host 2', fromCheckpoint: 4, toCheckpoint: 9 },
          ...{ endedAt: 'told', status: 'succeeded', reason: undefined },
        },
      ]);
    });

    it('leave the end of one open whose process died, also when it wakes up later', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const first = await grantedOf(ledger, { holder: 'host 1' });
      await ledger.checkpoint(first.lease, saveOf(5));
      await stand.pass(ttlMs + 1_000);
      const second = await takenOver(ledger, { holder: 'host 2' });
      await ledger.finish(first.lease, endOf(6)).catch(() => {});
      await ledger.finish(second.lease, endFor(8, 'failed', 'too many items failed'));
      expect(await attemptsOf(ledger, first.lease.runId)).to.deep.equal([
        { attempt: 1, holder: 'host 1', fromCheckpoint: 0, ...open },
        {
          ...{ attempt: 2, holder: 'host 2', fromCheckpoint: 5, toCheckpoint: 8 },
          ...{ endedAt: 'told', status: 'failed', reason: 'too many items failed' },
        },
      ]);
    });

    it('count a claim once that is repeated, the first and a later one', async () => {
      await using stand = await openStand();
      const [one, other] = [await stand.open(), await stand.open()];
      for (const attempt of [1, 2]) {
        const request = claimOf();
        const claim = await one.claim(request);
        for (const ledger of [one, other]) expect(await ledger.claim(request)).to.deep.equal(claim);
        if (!claim.granted) return expect.fail('not granted');
        const attempts = await attemptsOf(one, claim.lease.runId);
        expect(attempts.map((each) => each.attempt)).to.deep.equal([1, 2].slice(0, attempt));
        await one.finish(claim.lease, endOf(attempt, 'interrupted'));
      }
    });

    it('are the last fifty of sixty', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      let runId = '';
      for (let attempt = 1; attempt <= 60; attempt++) {
        const { lease } = await grantedOf(ledger);
        await ledger.finish(lease, endOf(attempt, 'interrupted'));
        runId = lease.runId;
      }
      const attempts = await attemptsOf(ledger, runId);
      expect(attempts.map(({ attempt }) => attempt)).to.deep.equal(
        Array.from({ length: 50 }, (_, index) => index + 11),
      );
      expect(attempts.map(({ toCheckpoint }) => toCheckpoint)).to.deep.equal(attempts.map(({ attempt }) => attempt));
    });

    it('keep the beginning of a long reason, and take any text', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const first = await grantedOf(ledger, { holder: 'h\u0000 \ud800 "' });
      await ledger.finish(first.lease, endFor(1, 'interrupted', `${'x'.repeat(498)}𝒳${'y'.repeat(5_000)}`));
      const second = await grantedOf(ledger);
      await ledger.finish(second.lease, endFor(2, 'failed', '\u0000 \udc00 "\\'));
      const [cut, odd] = (await ledger.run(first.lease.runId))?.attempts ?? [];
      expect(cut?.reason).to.equal(`${'x'.repeat(498)}\ufffd…`);
      expect(odd?.reason).to.match(/ "\\$/);
    });
  });
}
