import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError } from '../errors.ts';
import type { Sighting } from './ledger.ts';
import {
  atEachStep,
  claimPatiently,
  endOf,
  expectSound,
  grantedOf,
  isAlive,
  open,
  prepare,
  rejectionOf,
  requestOf,
  runningIn,
  saveOf,
  scenarios,
} from './testing/item-scenarios.ts';
import { MemoryItems } from './testing/memory-items.ts';
import { AnswerLost, ProcessDied, SteppingItems } from './testing/stepping-items.ts';

// Who was there before is dead, the two that claim at once are not.
const isFromBefore = ({ holder }: Sighting) => holder === 'task of 0';

async function running() {
  const store = new MemoryItems();
  const { lease } = await grantedOf(open(store), requestOf('1'));
  await open(store).checkpoint(lease, saveOf(1, ['a']));
  return { store, lease };
}

const keysOf = async (store: MemoryItems) => (await open(store).failures('1')).items.map(({ key }) => key);

describe('ledger/item-ledger, at once', () => {
  for (const scenario of scenarios) {
    const { name, claim: request, other } = scenario;
    const expected = request.dryRun ? 2 : 1;

    it(`grants one of two claims of ${name}, however their steps fall`, async () => {
      await atEachStep(async (at) => {
        let first = new SteppingItems(await prepare(scenario));
        await atEachStep(async (otherAt) => {
          const store = await prepare(scenario);
          first = new SteppingItems(store, 'hold', at);
          const second = new SteppingItems(store, 'hold', otherAt);
          const one = claimPatiently(open(first), request, isFromBefore);
          await Promise.race([first.held.promise, one]);
          const two = claimPatiently(open(second), other, isFromBefore);
          await Promise.race([second.held.promise, two]);
          first.letGo();
          await one;
          second.letGo();
          const claims = await Promise.all([one, two]);
          const ledger = open(store);
          const alive = await Promise.all(claims.map((claim) => isAlive(ledger, claim)));
          expect(alive.filter(Boolean).length, `alive, ${at} ${otherAt}`).to.equal(expected);
          expect(claims.filter(({ granted }) => granted).length, `granted, ${at} ${otherAt}`).to.equal(expected);
          const going = claims.flatMap((claim) => (claim.granted ? [claim.lease.runId] : []));
          expect(new Set(await runningIn(ledger)), `running, ${at} ${otherAt}`).to.deep.equal(new Set(going));
          for (const [index, claim] of claims.entries()) {
            if (alive[index] && expected === 1) await expectSound(store, claim, request);
          }
          return second;
        });
        return first;
      });
    });
  }

  it('leaves failed items of a checkpoint that was not saved out, when it dies or its answer is lost at any step', async () => {
    for (const harm of ['die', 'lose'] as const) {
      await atEachStep(async (at) => {
        const { store, lease } = await running();
        const items = new SteppingItems(store, harm, at);
        const error = await rejectionOf(open(items).checkpoint(lease, saveOf(2, ['b', 'c', 'd'])));
        if (items.harmed) expect(error).to.be.instanceOf(harm === 'die' ? ProcessDied : AnswerLost);
        const seq = (await open(store).run('1'))?.checkpoint?.seq;
        expect(await keysOf(store)).to.deep.equal(seq === 2 ? ['a', 'b', 'c', 'd'] : ['a']);
        if (harm === 'lose') await open(store).checkpoint(lease, saveOf(2, ['b', 'c', 'd']));
        const next = await grantedOf(open(store), requestOf('2'));
        expect(next.checkpoint?.seq).to.equal(harm === 'lose' ? 2 : seq);
        await open(store).checkpoint(next.lease, saveOf((next.checkpoint?.seq ?? 0) + 1, ['x']));
        expect((await keysOf(store)).length).to.equal(next.checkpoint?.seq === 2 ? 5 : 2);
        expect(await rejectionOf(open(store).checkpoint(lease, saveOf(9, ['late'])))).to.be.instanceOf(LeaseLostError);
        return items;
      });
    }
  });

  it('never lets a checkpoint that sleeps at any step replace a newer one, nor count its failed items', async () => {
    await atEachStep(async (at) => {
      const { store, lease } = await running();
      const items = new SteppingItems(store, 'hold', at);
      const late = open(items).checkpoint(lease, saveOf(2, ['late']));
      await Promise.race([items.held.promise, late]);
      const isIn = (await open(store).run('1'))?.checkpoint?.seq === 2;
      await open(store).checkpoint(lease, saveOf(3, ['c']));
      items.letGo();
      await late;
      expect((await open(store).run('1'))?.checkpoint?.seq).to.equal(3);
      expect(await keysOf(store)).to.deep.equal(isIn ? ['a', 'late', 'c'] : ['a', 'c']);
      return items;
    });
  });

  for (const resumable of [true, false]) {
    const end = endOf(2, resumable, ['b', 'c']);
    const ended = resumable ? 'interrupted' : 'succeeded';

    it(`ends a run that has ${ended} whole or not at all, when it dies or its answer is lost at any step`, async () => {
      for (const harm of ['die', 'lose'] as const) {
        await atEachStep(async (at) => {
          const { store, lease } = await running();
          const items = new SteppingItems(store, harm, at);
          const error = await rejectionOf(open(items).finish(lease, end));
          expect(error === undefined).to.equal(!items.harmed);
          const status = (await open(store).run('1'))?.status;
          expect(await keysOf(store)).to.deep.equal(status === ended ? ['a', 'b', 'c'] : ['a']);
          if (harm === 'lose' && items.harmed) await open(store).finish(lease, end);
          // Who ended its run and died before it gave its lease back is not waited for.
          const waits = harm === 'die' && status === 'running';
          const first = await open(store).claim(requestOf('2'));
          expect(first.granted).to.equal(!waits);
          const next = first.granted ? first : await grantedOf(open(store), requestOf('2'));
          expect(next.lease.runId).to.equal(resumable || waits ? '1' : '2');
          expect(next.recovered).to.equal(waits);
          const again = await rejectionOf(open(store).finish(lease, end));
          if (next.lease.runId === '1') expect(again).to.be.instanceOf(LeaseLostError);
          else expect(again).to.equal(undefined);
          await expectSound(store, next, requestOf('2'));
          return items;
        });
      }
    });

    it(`refuses the end of a run that sleeps at any step, has ${ended}, and was taken over`, async () => {
      await atEachStep(async (at) => {
        const { store, lease } = await running();
        const items = new SteppingItems(store, 'hold', at);
        const late = rejectionOf(open(items).finish(lease, end));
        await Promise.race([items.held.promise, late]);
        const wasRunning = (await open(store).run('1'))?.status === 'running';
        const next = await grantedOf(open(store), requestOf('2'));
        items.letGo();
        const error = await late;
        if (wasRunning) expect(error).to.be.instanceOf(LeaseLostError);
        else expect(error).to.equal(undefined);
        await open(store).heartbeat(next.lease);
        expect((await open(store).run(next.lease.runId))?.status).to.equal('running');
        await expectSound(store, next, requestOf('2'));
        return items;
      });
    });
  }

  it('neither loses a cancellation nor goes on with a cancelled run, when a cancel and a claim meet at any step', async () => {
    for (const scenario of scenarios.filter(({ name }) => /^(an interrupted|a crashed) run$/.test(name))) {
      for (const held of ['claim', 'cancel'] as const) {
        await atEachStep(async (at) => {
          const store = await prepare(scenario);
          const items = new SteppingItems(store, 'hold', at);
          const ways = {
            claim: (ledger = open(store)) => claimPatiently(ledger, scenario.claim),
            cancel: (ledger = open(store)) => ledger.cancel('0', 'somebody').then(() => undefined),
          };
          const slow = ways[held](open(items));
          await Promise.race([items.held.promise, slow]);
          const quick = await ways[held === 'claim' ? 'cancel' : 'claim']();
          items.letGo();
          const claim = (await slow) ?? quick;
          if (claim?.granted !== true) throw new Error('expected a grant');
          const run = await open(store).run('0');
          expect(run?.cancelledBy).to.equal('somebody');
          if (claim.lease.runId !== '0') expect(run?.status).to.equal('cancelled');
          else expect((await open(store).heartbeat(claim.lease)).cancelledBy).to.equal('somebody');
          return items;
        });
      }
    }
  });
});
