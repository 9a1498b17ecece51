/** For tests only: which run a claim gets, and who is refused. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RunOverError, UnknownRunError } from '../../errors.ts';
import type { Claim, ClaimRequest, Ledger } from '../ledger.ts';
import type { OpenStand } from './conformance.ts';
import { claimExpired, claimOf, endOf, grantedOf, saveOf, takenOver } from './ledger-samples.ts';

const ttlMs = 60_000;
const at = (hour: number) => ({ kind: 'schedule' as const, scheduledTime: `2026-01-01T0${hour}:00:00.000Z` });

async function refusal(ledger: Ledger, overrides: Partial<ClaimRequest> = {}) {
  const claim = await ledger.claim(claimOf(overrides));
  if (claim.granted) return expect.fail('expected the claim to be refused');
  return { reason: claim.reason, runId: claim.runId };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

/** Claims as so many tasks would at the same moment. */
async function claimAtOnce(ledgers: readonly Ledger[], request: (index: number) => ClaimRequest): Promise<Claim[]> {
  return Promise.all(ledgers.map((ledger, index) => ledger.claim(request(index))));
}

export function describeClaims(openStand: OpenStand): void {
  describe('claim', () => {
    it('begins a run, and goes on with it by job and scope once it was interrupted, whatever the scope’s order', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const first = await grantedOf(ledger, { scope: { a: 1, b: [{ c: 'ü', d: null }] } });
      expect(first).to.deep.include({ attempt: 1, checkpoint: undefined, recovered: false });
      await ledger.finish(first.lease, endOf(3, 'interrupted'));
      const other = await grantedOf(ledger, { scope: { a: 2 } });
      expect(other.attempt).to.equal(1);
      await ledger.finish(other.lease, endOf(1));
      const second = await grantedOf(ledger, { scope: { b: [{ d: null, c: 'ü' }], a: 1 }, definition: 'changed' });
      expect(second.lease.runId).to.equal(first.lease.runId);
      expect(second).to.deep.include({ attempt: 2, recovered: false, definition: 'definition' });
      expect(second.checkpoint).to.deep.equal(saveOf(3).checkpoint);
      expect(second.lease.fencingToken).to.be.above(first.lease.fencingToken);
    });

    it('begins a new run after one that is over', async () => {
      for (const status of ['succeeded', 'failed', 'cancelled'] as const) {
        await using stand = await openStand();
        const ledger = await stand.open();
        const { lease } = await grantedOf(ledger);
        await ledger.finish(lease, endOf(1, status));
        const next = await grantedOf(ledger);
        expect(next).to.include({ attempt: 1 });
        expect(next.lease.fencingToken).to.be.above(lease.fencingToken);
      }
    });

    it('gives the same answer to the same claim, and counts it once', async () => {
      await using stand = await openStand();
      const [one, other] = [await stand.open(), await stand.open()];
      const request = claimOf();
      const first = await one.claim(request);
      expect(await other.claim(request)).to.deep.equal(first);
      if (!first.granted) return expect.fail('not granted');
      await one.checkpoint(first.lease, saveOf(1));
      await one.finish(first.lease, endOf(2, 'interrupted'));
      const again = claimOf();
      const resumed = await one.claim(again);
      expect(resumed).to.deep.include({ granted: true, attempt: 2 });
      expect(await other.claim(again)).to.deep.equal(resumed);
    });

    it('begins nothing when a claim lands once more after its run has ended', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const request = claimOf();
      const claim = await ledger.claim(request);
      if (!claim.granted) return expect.fail('not granted');
      await ledger.finish(claim.lease, endOf(1, 'succeeded'));
      const again = await ledger.claim(request).catch((error: unknown) => error);
      if (!(again instanceof RunOverError)) expect(again).to.include({ granted: false, reason: 'duplicate' });
      expect(await ledger.run(request.runId)).to.include({ status: 'succeeded', attempt: 1 });
      expect(await ledger.runs()).to.have.length(1);
    });

    it('refuses whoever comes while a run of the job goes on, of another scope too', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const { lease } = await grantedOf(ledger);
      for (const overrides of [{}, { scope: { tenant: 1 } }, { resume: 'none' }, { redriveOf: 'x' }] as const) {
        expect(await refusal(ledger, overrides)).to.deep.equal({ reason: 'overlap', runId: lease.runId });
      }
      expect((await ledger.claim(claimOf({ job: 'other-job' }))).granted).to.equal(true);
    });

    it('lets other scopes run beside each other where a scope excludes only itself', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const exclusive = 'scope';
      const one = await grantedOf(ledger, { exclusive, scope: { tenant: 1 } });
      const two = await grantedOf(ledger, { exclusive, scope: { tenant: 2 } });
      expect(two.lease.runId).not.to.equal(one.lease.runId);
      const refused = await refusal(ledger, { exclusive, scope: { tenant: 1 } });
      expect(refused).to.deep.equal({ reason: 'overlap', runId: one.lease.runId });
    });

    it('excludes nothing where nothing is excluded, but is refused the run that goes on', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const exclusive = 'nothing';
      const first = await grantedOf(ledger, { exclusive });
      expect(await refusal(ledger, { exclusive })).to.deep.equal({ reason: 'overlap', runId: first.lease.runId });
      const beside = await grantedOf(ledger, { exclusive, resume: 'none' });
      await ledger.heartbeat(first.lease);
      await ledger.heartbeat(beside.lease);
    });

    it('takes a run over whose lease has expired, and says that it was recovered', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const first = await grantedOf(ledger);
      await ledger.checkpoint(first.lease, saveOf(5));
      await stand.pass(ttlMs + 1_000);
      const second = await takenOver(await stand.open({ leaseTtlMs: ttlMs }));
      expect(second).to.include({ attempt: 2, recovered: true });
      expect(second.lease).to.include({ runId: first.lease.runId, ttlMs });
      expect(second.checkpoint).to.deep.equal(saveOf(5).checkpoint);
      await ledger.finish(second.lease, endOf(6, 'interrupted'));
      expect(await grantedOf(ledger)).to.include({ attempt: 3, recovered: false });
    });

    it('leaves a crashed run to the next start of its own scope, and remembers that it crashed', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const crashed = await grantedOf(ledger, { scope: { tenant: 1 } });
      await ledger.checkpoint(crashed.lease, saveOf(2));
      await stand.pass(ttlMs + 1_000);
      const other = await takenOver(ledger, { scope: { tenant: 2 } });
      expect(other).to.include({ attempt: 1, recovered: false });
      expect((await ledger.run(crashed.lease.runId))?.status).to.equal('interrupted');
      await ledger.finish(other.lease, endOf(1));
      const resumed = await grantedOf(ledger, { scope: { tenant: 1 } });
      expect(resumed).to.include({ attempt: 2, recovered: true });
      expect(resumed.lease.runId).to.equal(crashed.lease.runId);
    });

    it('goes on with a certain run, and with none that is over or unknown', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const old = await grantedOf(ledger);
      await ledger.finish(old.lease, endOf(1, 'interrupted'));
      const fresh = await grantedOf(ledger, { resume: 'none' });
      await ledger.finish(fresh.lease, endOf(1));
      const { runId } = old.lease;
      expect((await grantedOf(ledger, { resume: 'last' })).attempt, 'the last one is over').to.equal(1);
      await using second = await openStand();
      const another = await second.open();
      expect(await rejection(another.claim(claimOf({ resume: { runId } })))).to.be.instanceOf(UnknownRunError);
    });

    it('resumes by id also what a fresh start has passed by, and refuses what is over', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const old = await grantedOf(ledger);
      await ledger.finish(old.lease, endOf(1, 'interrupted'));
      const fresh = await grantedOf(ledger, { resume: 'none' });
      await ledger.finish(fresh.lease, endOf(1));
      const resumed = await grantedOf(ledger, { resume: { runId: old.lease.runId } });
      expect(resumed).to.include({ attempt: 2 });
      await ledger.finish(resumed.lease, endOf(2));
      for (const { runId } of [old.lease, fresh.lease])
        expect(await rejection(ledger.claim(claimOf({ resume: { runId } })))).to.be.instanceOf(RunOverError);
    });

    it('keeps dry runs and redrives apart', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const run = await grantedOf(ledger);
      const dry = await grantedOf(ledger, { dryRun: true, resume: 'none' });
      await ledger.finish(dry.lease, endOf(1, 'interrupted'));
      await ledger.finish(run.lease, endOf(1, 'interrupted'));
      expect(await grantedOf(ledger, { dryRun: true })).to.include({ attempt: 1 });
      const redrive = await grantedOf(ledger, { redriveOf: run.lease.runId });
      expect(redrive).to.include({ attempt: 1 });
      await ledger.finish(redrive.lease, endOf(1, 'interrupted'));
      const next = await grantedOf(ledger);
      expect(next.lease.runId).to.equal(run.lease.runId);
      await ledger.finish(next.lease, endOf(2));
      expect(await grantedOf(ledger, { redriveOf: run.lease.runId })).to.include({ attempt: 2 });
    });

    it('starts one run for a scheduled time, and goes on with it when it did not end', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      const first = await grantedOf(ledger, { trigger: at(1) });
      const { runId } = first.lease;
      expect(await refusal(ledger, { trigger: at(1) })).to.deep.equal({ reason: 'duplicate', runId });
      expect(await refusal(ledger, { trigger: at(2) })).to.deep.equal({ reason: 'overlap', runId });
      await ledger.finish(first.lease, endOf(1, 'interrupted'));
      const second = await grantedOf(ledger, { trigger: at(1) });
      expect(second).to.include({ attempt: 2 });
      await ledger.finish(second.lease, endOf(2, 'interrupted'));
      // The next time goes on with it too, and is used up by that.
      const third = await grantedOf(ledger, { trigger: at(2) });
      expect(third).to.include({ attempt: 3 });
      await ledger.finish(third.lease, endOf(3));
      for (const hour of [1, 2])
        expect(await refusal(ledger, { trigger: at(hour) })).to.deep.equal({ reason: 'duplicate', runId });
      expect(await grantedOf(ledger, { trigger: at(3) })).to.include({ attempt: 1 });
    });

    it('does not let a dry run or a refused start use a scheduled time up', async () => {
      await using stand = await openStand();
      const ledger = await stand.open();
      await grantedOf(ledger, { trigger: at(1), dryRun: true, resume: 'none' });
      const run = await grantedOf(ledger, { trigger: at(1) });
      expect((await refusal(ledger, { trigger: at(2) })).reason).to.equal('overlap');
      await ledger.finish(run.lease, endOf(1));
      expect(await grantedOf(ledger, { trigger: at(2) })).to.include({ attempt: 1 });
    });

    for (const [what, before] of [
      ['a new run', async () => {}],
      [
        'an interrupted run',
        async (ledger: Ledger) => ledger.finish((await grantedOf(ledger)).lease, endOf(1, 'interrupted')),
      ],
    ] as const) {
      it(`grants one of eight that claim ${what} at the same moment`, async () => {
        await using stand = await openStand();
        await before(await stand.open());
        const ledgers = await Promise.all(Array.from({ length: 8 }, () => stand.open()));
        const claims = await claimAtOnce(ledgers, () => claimOf());
        expect(claims.filter(({ granted }) => granted)).to.have.length(1);
      });
    }

    it('grants one of eight that take over an expired lease at the same moment, each of its own scope', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      await grantedOf(ledger);
      await stand.pass(ttlMs + 1_000);
      const seen = await ledger.claim(claimOf({ scope: { tenant: 0 } }));
      if (seen.granted) await ledger.finish(seen.lease, endOf(1));
      const expired = seen.granted ? undefined : seen.sighting;
      const ledgers = await Promise.all(Array.from({ length: 8 }, () => stand.open({ leaseTtlMs: ttlMs })));
      const claims = await claimAtOnce(ledgers, (tenant) => claimOf({ scope: { tenant }, expired }));
      expect(claims.filter(({ granted }) => granted)).to.have.length(1);
    });

    it('begins one run of eight deliveries of a scheduled time, also where nothing is excluded', async () => {
      await using stand = await openStand();
      const ledgers = await Promise.all(Array.from({ length: 8 }, () => stand.open()));
      const claims = await claimAtOnce(ledgers, () =>
        claimOf({ trigger: at(1), exclusive: 'nothing', resume: 'none' }),
      );
      expect(claims.filter(({ granted }) => granted)).to.have.length(1);
      for (const claim of claims) if (!claim.granted) expect(claim.reason).to.equal('duplicate');
    });

    it('does not take a lease over that was renewed', async () => {
      await using stand = await openStand();
      const ledger = await stand.open({ leaseTtlMs: ttlMs });
      const { lease } = await grantedOf(ledger);
      const seen = await ledger.claim(claimOf());
      await stand.pass(ttlMs - 5_000);
      await ledger.heartbeat(lease);
      await stand.pass(10_000);
      const expired = seen.granted ? undefined : seen.sighting;
      expect((await ledger.claim(claimOf({ expired }))).granted).to.equal(false);
      await stand.pass(ttlMs);
      expect((await claimExpired(ledger, claimOf())).granted).to.equal(true);
    });
  });
}
