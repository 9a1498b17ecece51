import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runKey } from './items-run.ts';
import {
  atEachStep,
  claimPatiently,
  expectSound,
  isAlive,
  noon,
  open,
  outcomeOf,
  prepare,
  rejectionOf,
  runningIn,
  scenarios,
} from './testing/item-scenarios.ts';
import { AnswerLost, ProcessDied, SteppingItems } from './testing/stepping-items.ts';

describe('ledger/item-ledger', () => {
  for (const scenario of scenarios) {
    const { name, claim: request, other } = scenario;

    it(`leaves nothing stuck when a claim of ${name} dies at any step`, async () => {
      const steps = await atEachStep(async (at) => {
        const store = await prepare(scenario);
        const items = new SteppingItems(store, 'die', at);
        const error = await rejectionOf(claimPatiently(open(items), request));
        if (items.harmed) expect(error).to.be.instanceOf(ProcessDied);
        const claim = await claimPatiently(open(store), other);
        // Its time was used up by a run that is not its own to go on with.
        if (!claim.granted) expect([claim.reason, other.trigger.scheduledTime]).to.deep.equal(['duplicate', noon]);
        await expectSound(store, claim, other);
        return items;
      });
      expect(steps).to.be.greaterThan(5);
    });

    it(`answers a claim of ${name} once when the answer of any step is lost`, async () => {
      const usual = await claimPatiently(open(await prepare(scenario)), request);
      await atEachStep(async (at) => {
        const store = await prepare(scenario);
        const items = new SteppingItems(store, 'lose', at);
        const error = await rejectionOf(claimPatiently(open(items), request));
        const ledger = open(store);
        if (items.harmed) expect(error).to.be.instanceOf(AnswerLost);
        const claim = await claimPatiently(ledger, request);
        expect(outcomeOf(claim)).to.deep.equal(outcomeOf(usual));
        expect(await ledger.claim(request), 'asked once more').to.deep.equal(claim);
        await expectSound(store, claim, request);
        return items;
      });
    });

    it(`refuses what a claim of ${name} writes when it sleeps at any step and another took over`, async () => {
      await atEachStep(async (at) => {
        const store = await prepare(scenario);
        const items = new SteppingItems(store, 'hold', at);
        let isAwake = false;
        const sleeping = claimPatiently(open(items), request, () => !isAwake);
        await Promise.race([items.held.promise, sleeping]);
        const ledger = open(store);
        const claim = await claimPatiently(ledger, other);
        const excludes =
          claim.granted && (request.exclusive !== 'nothing' || claim.lease.runId !== '2') && !request.dryRun;
        const before = claim.granted ? await store.get(runKey(claim.lease.runId)) : undefined;
        isAwake = true;
        items.letGo();
        // It looks once: what it saw before it slept must not let it take over what is alive.
        const late = await sleeping;
        if (claim.granted) {
          await ledger.heartbeat(claim.lease);
          if (!late.granted || excludes) {
            expect(await store.get(runKey(claim.lease.runId)), 'the run of who took over').to.deep.equal(before);
          }
        }
        if (items.harmed && claim.granted && excludes) {
          expect(late.granted, `woke at step ${at}`).to.equal(false);
          expect(await runningIn(ledger), 'running').to.deep.equal([claim.lease.runId]);
        }
        if (request.trigger.scheduledTime !== undefined) {
          const alive = await Promise.all([claim, late].map((one) => isAlive(ledger, one)));
          expect(alive.filter(Boolean).length, 'runs of one scheduled time').to.equal(1);
        }
        return items;
      });
    });
  }
});
