/** For tests only: that the shards of a spread run are runs of their own, and each of them only one. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ClaimRequest, Ledger } from '../ledger.ts';
import type { OpenStand } from './conformance.ts';
import { claimOf, endOf, grantedOf, saveOf, takenOver } from './ledger-samples.ts';

const ttlMs = 60_000;
const trigger = { kind: 'schedule', scheduledTime: '2026-01-01T01:00:00.000Z' } as const;
const of = (index: number, count: number, overrides: Partial<ClaimRequest> = {}) => ({
  exclusive: 'scope' as const,
  shard: { index, count },
  ...overrides,
});

async function refusal(ledger: Ledger, overrides: Partial<ClaimRequest>) {
  const claim = await ledger.claim(claimOf(overrides));
  if (claim.granted) return expect.fail('expected the claim to be refused');
  return { reason: claim.reason, runId: claim.runId };
}

export function describeShards(openStand: OpenStand): void {
  describe('shards', () => {
    it('go on beside each other, and each of them once', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const runIds = new Set<string>();
      for (const shard of [of(0, 2), of(1, 2), of(0, 3), { exclusive: 'scope' } as const]) {
        const { lease } = await grantedOf(ledger, shard);
        runIds.add(lease.runId);
        expect(await refusal(ledger, shard)).to.deep.equal({ reason: 'overlap', runId: lease.runId });
      }
      expect(runIds.size).to.equal(4);
    });

    it('are granted to one of eight that claim the same one at the same moment', async () => {
      await using stand = await openStand();
      const ledgers = await Promise.all(Array.from({ length: 8 }, () => stand.open()));
      const claims = await Promise.all(ledgers.map((ledger, n) => ledger.claim(claimOf(of(n % 2, 2)))));
      expect(claims.filter(({ granted }) => granted)).to.have.length(2);
    });

    it('go on with an unfinished run of their own, and of no other', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const first = await grantedOf(ledger, of(1, 2));
      await ledger.finish(first.lease, endOf(3, 'interrupted'));
      for (const other of [of(0, 2), of(1, 3), { exclusive: 'scope' } as const]) {
        const { attempt, lease } = await grantedOf(ledger, other);
        expect(attempt).to.equal(1);
        await ledger.finish(lease, endOf(1));
      }
      const second = await grantedOf(ledger, of(1, 2));
      expect(second).to.deep.include({ attempt: 2, checkpoint: saveOf(3).checkpoint });
      expect(second.lease.runId).to.equal(first.lease.runId);
    });

    it('take over their own run when its process has died', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const crashed = await grantedOf(ledger, of(1, 2));
      await ledger.checkpoint(crashed.lease, saveOf(5));
      await stand.pass(ttlMs + 1_000);
      expect(await takenOver(ledger, of(0, 2))).to.include({ attempt: 1, recovered: false });
      const second = await takenOver(ledger, of(1, 2));
      expect(second).to.deep.include({ attempt: 2, recovered: true, checkpoint: saveOf(5).checkpoint });
      expect(second.lease.runId).to.equal(crashed.lease.runId);
    });

    it('are started once each for a scheduled time', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const starts = [of(0, 2, { trigger }), of(1, 2, { trigger }), { exclusive: 'scope', trigger } as const];
      for (const start of starts) {
        const { lease } = await grantedOf(ledger, start);
        const { runId } = lease;
        expect(await refusal(ledger, start)).to.deep.equal({ reason: 'duplicate', runId });
        await ledger.finish(lease, endOf(1));
        expect(await refusal(ledger, start)).to.deep.equal({ reason: 'duplicate', runId });
      }
    });

    it('are told with their runs, and not of runs that have none', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger, of(1, 2, { trigger }));
      const record = await ledger.run(lease.runId);
      expect(record).to.deep.include({ shard: { index: 1, count: 2 }, trigger });
      await ledger.finish(lease, endOf(1));
      await grantedOf(ledger);
      const [whole, part] = await ledger.runs();
      expect(whole).to.not.have.property('shard');
      expect(part).to.deep.include({ shard: { index: 1, count: 2 }, trigger });
    });
  });
}
