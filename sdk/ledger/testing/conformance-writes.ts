/** For tests only: what is taken of a lease's holder, and what is refused. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError, UnknownRunError } from '../../errors.ts';
import type { FailedItem, Lease, Ledger } from '../ledger.ts';
import type { OpenStand } from './conformance.ts';
import { claimOf, endOf, exchangeOf, failureOf, grantedOf, saveOf, takenOver } from './ledger-samples.ts';

const ttlMs = 60_000;

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

async function allFailures(ledger: Ledger, runId: string): Promise<readonly FailedItem[]> {
  const { items, next } = await ledger.failures(runId, { limit: 5_000 });
  expect(next).to.equal(undefined);
  return items;
}

async function expectRefused(ledger: Ledger, lease: Lease): Promise<void> {
  expect(await rejection(ledger.heartbeat(lease))).to.be.instanceOf(LeaseLostError);
  expect(await rejection(ledger.checkpoint(lease, saveOf(90, [failureOf('zombie')])))).to.be.instanceOf(LeaseLostError);
  expect(await rejection(ledger.finish(lease, endOf(91, 'succeeded', [failureOf('zombie')])))).to.be.instanceOf(
    LeaseLostError,
  );
}

export function describeWrites(openStand: OpenStand): void {
  describe('writes', () => {
    it('refuse a holder whose lease was taken over, by a start of the same or another scope', async () => {
      for (const scope of [{}, { tenant: 2 }]) {
        await using stand = await openStand();
        const ledger = await stand.open({ leaseTtlMs: ttlMs });
        const zombie = await grantedOf(ledger);
        await ledger.checkpoint(zombie.lease, saveOf(1));
        await stand.pass(ttlMs + 1_000);
        const next = await takenOver(await stand.open({ leaseTtlMs: ttlMs }), { scope });
        await expectRefused(ledger, zombie.lease);
        expect((await ledger.run(zombie.lease.runId))?.checkpoint?.seq).to.equal(1);
        expect(await allFailures(ledger, zombie.lease.runId)).to.deep.equal([]);
        await ledger.heartbeat(next.lease);
        await ledger.finish(next.lease, endOf(7));
        await expectRefused(ledger, zombie.lease);
      }
    });

    it('refuse the attempt before of a run that was interrupted and is gone on with', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const first = await grantedOf(ledger);
      await ledger.finish(first.lease, endOf(1, 'interrupted'));
      await grantedOf(ledger);
      await expectRefused(ledger, first.lease);
    });

    it('let a holder renew a lease that has expired and that nobody took', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const { lease } = await grantedOf(ledger);
      await stand.pass(ttlMs + 1_000);
      await ledger.heartbeat(lease);
      await ledger.checkpoint(lease, saveOf(1));
      expect((await ledger.claim(claimOf())).granted).to.equal(false);
    });

    it('never move a checkpoint back, nor take what came with an older one', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      await ledger.checkpoint(lease, saveOf(2, [failureOf('a')]));
      await ledger.checkpoint(lease, saveOf(1, [failureOf('old')]));
      expect((await ledger.run(lease.runId))?.checkpoint).to.deep.equal(saveOf(2).checkpoint);
      expect((await allFailures(ledger, lease.runId)).map(({ key }) => key)).to.deep.equal(['a']);
    });

    it('may be repeated: a checkpoint of the same number, and the end, count once', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      const save = saveOf(1, [failureOf('a'), failureOf('b')]);
      for (let time = 0; time < 3; time++) await ledger.checkpoint(lease, save);
      const end = endOf(2, 'failed', [failureOf('c')]);
      for (let time = 0; time < 3; time++) await ledger.finish(lease, end);
      expect((await allFailures(ledger, lease.runId)).map(({ key }) => key)).to.deep.equal(['a', 'b', 'c']);
      expect(await ledger.run(lease.runId)).to.deep.include({ status: 'failed', summary: end.summary });
    });

    it('keep failures of every attempt, in the order of their checkpoints', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const first = await grantedOf(ledger);
      await ledger.checkpoint(first.lease, saveOf(1, [failureOf('a')]));
      await stand.pass(ttlMs + 1_000);
      const second = await takenOver(ledger);
      await ledger.checkpoint(second.lease, saveOf(2, [failureOf('b')]));
      await ledger.finish(second.lease, endOf(3, 'interrupted', [failureOf('c')]));
      const third = await grantedOf(ledger);
      await ledger.finish(third.lease, endOf(4, 'succeeded', [failureOf('d')]));
      expect((await allFailures(ledger, first.lease.runId)).map(({ key }) => key)).to.deep.equal(['a', 'b', 'c', 'd']);
    });

    it('give the lease back with the end, at once', async () => {
      for (const status of ['succeeded', 'interrupted'] as const) {
        await using stand = await openStand();
        const ledger = await stand.open();
        const { lease } = await grantedOf(ledger);
        await ledger.finish(lease, endOf(1, status));
        expect((await ledger.claim(claimOf({ scope: { other: 1 } }))).granted).to.equal(true);
      }
    });

    it('take a thousand failures, and one with 64 KB of exchanges, with one checkpoint', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      const many = Array.from({ length: 1_000 }, (_, index) => failureOf(`key ${index}`));
      const large = failureOf('large', { exchanges: [exchangeOf(60_000)], outcome: 'quarantined', cursor: null });
      await ledger.checkpoint(lease, saveOf(1, [...many, large]));
      const kept = await allFailures(ledger, lease.runId);
      expect(kept.map(({ key }) => key)).to.deep.equal([...many, large].map(({ key }) => key));
      expect(kept.at(-1)).to.deep.equal(large);
    });

    it('take any text there is: NUL, lone surrogates, quotes, the empty string', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const odd = ['a\u0000b', '\ud800', '\'"\\', '', '𝒳'.repeat(50), '__proto__'];
      const { lease } = await grantedOf(ledger, {
        scope: { odd },
        holder: 'h\u0000',
        trigger: { kind: 'manual', by: odd[0] },
      });
      const failures = odd.map((text) =>
        failureOf(text, { error: { name: 'E', code: text, message: text }, cursor: [text] }),
      );
      await ledger.checkpoint(lease, saveOf(1, failures));
      expect(await allFailures(ledger, lease.runId)).to.deep.equal(failures);
      expect((await ledger.run(lease.runId))?.scope).to.deep.equal({ odd });
      await ledger.finish(lease, endOf(2, 'interrupted'));
      expect((await grantedOf(ledger, { scope: { odd } })).lease.runId).to.equal(lease.runId);
    });
  });

  describe('cancel', () => {
    it('is heard of by the holder with its next heartbeat', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      expect(await ledger.heartbeat(lease)).to.deep.equal({ cancelledBy: undefined });
      await (await stand.open()).cancel(lease.runId, 'ada');
      expect(await ledger.heartbeat(lease)).to.deep.equal({ cancelledBy: 'ada' });
      await ledger.finish(lease, endOf(1, 'cancelled'));
      expect(await ledger.run(lease.runId)).to.include({ status: 'cancelled', cancelledBy: 'ada' });
    });

    it('ends a run that was interrupted, and nothing that is over', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      await ledger.finish(lease, endOf(1, 'interrupted'));
      await ledger.cancel(lease.runId, 'ada');
      expect(await ledger.run(lease.runId)).to.include({ status: 'cancelled', cancelledBy: 'ada' });
      expect(await grantedOf(ledger)).to.include({ attempt: 1 });
      const [over] = await ledger.runs({ status: 'cancelled' });
      await ledger.cancel(over?.runId ?? '', 'bob');
      expect(await ledger.run(lease.runId)).to.include({ cancelledBy: 'ada' });
      expect(await rejection(ledger.cancel('unknown', 'ada'))).to.be.instanceOf(UnknownRunError);
    });

    it('holds for a run whose process has died: nobody goes on with it', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const { lease } = await grantedOf(ledger);
      await ledger.cancel(lease.runId, 'ada');
      await stand.pass(ttlMs + 1_000);
      const next = await takenOver(ledger);
      expect(next).to.include({ attempt: 1, recovered: false });
      expect(next.lease.runId).not.to.equal(lease.runId);
      expect(await ledger.run(lease.runId)).to.include({ status: 'cancelled' });
      await expectRefused(ledger, lease);
    });
  });
}
