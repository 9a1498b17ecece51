import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LeaseLostError, LedgerError, RunOverError, StintError } from '../errors.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { ItemLedger } from './item-ledger.ts';
import { runKey } from './items-run.ts';
import type { Item, ItemsStore } from './items-store.ts';
import {
  atEachStep,
  claimPatiently,
  endOf,
  grantedOf,
  noon,
  open,
  rejectionOf,
  requestOf,
  saveOf,
  scheduled,
} from './testing/item-scenarios.ts';
import { MemoryItems } from './testing/memory-items.ts';
import { SteppingItems } from './testing/stepping-items.ts';

const beside = { exclusive: 'nothing' } as const;
const onTime = { trigger: scheduled(noon) };

function setup() {
  const store = new MemoryItems();
  return { store, ledger: open(store) };
}

describe('ledger/item-ledger, its claims', () => {
  it('does not take a lease over whose holder gave a sign of life meanwhile', async () => {
    await atEachStep(async (at) => {
      const { store, ledger } = setup();
      const { lease } = await grantedOf(ledger, requestOf('1'));
      const seen = await ledger.claim(requestOf('2'));
      if (seen.granted) throw new Error('expected a refusal');
      const items = new SteppingItems(store, 'hold', at);
      const late = open(items).claim({ ...requestOf('2'), expired: seen.sighting });
      await Promise.race([items.held.promise, late]);
      const isAlive = (await rejectionOf(ledger.heartbeat(lease))) === undefined;
      items.letGo();
      expect((await late).granted).to.equal(!isAlive);
      if (!isAlive) expect(await rejectionOf(ledger.heartbeat(lease))).to.be.instanceOf(LeaseLostError);
      return items;
    });
  });

  it('gives a lease back that it finds it does not need', async () => {
    await atEachStep(async (at) => {
      const { store, ledger } = setup();
      const items = new SteppingItems(store, 'hold', at);
      let isAwake = false;
      const slow = claimPatiently(open(items), requestOf('1', onTime), () => !isAwake);
      await Promise.race([items.held.promise, slow]);
      const { granted, lease } = await claimPatiently(ledger, requestOf('2', onTime)).then((claim) =>
        claim.granted ? claim : { granted: false, lease: undefined },
      );
      if (granted && lease !== undefined) await ledger.finish(lease, endOf(1, false));
      isAwake = true;
      items.letGo();
      const woke = await slow;
      if (items.harmed) expect(woke.granted).to.equal(!granted);
      if (granted) expect((await ledger.claim(requestOf('3'))).granted, `woke at step ${at}`).to.equal(true);
      return items;
    });
  });

  it('answers a repeated claim as a duplicate when others ended its run meanwhile, and else goes on with it', async () => {
    for (const resume of ['last', 'none'] as const) {
      const { ledger } = setup();
      await grantedOf(ledger, requestOf('1', { exclusive: 'job', resume }));
      const other = await grantedOf(ledger, requestOf('2', { exclusive: 'job', scope: 'other' }));
      await ledger.finish(other.lease, endOf(1, false));
      const repeated = await grantedOf(ledger, requestOf('1', { exclusive: 'job', resume }));
      expect(repeated).to.deep.include({ attempt: 2, recovered: true });
      expect(repeated.lease.runId).to.equal('1');
      await ledger.finish(repeated.lease, endOf(1, false));
      const late = await ledger.claim(requestOf('1', { exclusive: 'job', resume }));
      expect(late).to.deep.include({ granted: false, reason: 'duplicate', runId: '1', sighting: undefined });
    }
  });

  it('answers a repeated claim that went on with a run, though a newer one was begun beside it', async () => {
    const { ledger } = setup();
    const first = await grantedOf(ledger, requestOf('0', beside));
    await ledger.finish(first.lease, endOf(1, true));
    const claim = await grantedOf(ledger, requestOf('1', beside));
    await grantedOf(ledger, requestOf('2', { ...beside, resume: 'none' }));
    expect(await ledger.claim(requestOf('1', beside))).to.deep.equal(claim);
  });

  it('finds the newest run that exists when claims beside it die or sleep between their writes', async () => {
    await atEachStep(async (at) => {
      let sleeping = new SteppingItems(new MemoryItems());
      await atEachStep(async (dyingAt) => {
        const { store, ledger } = setup();
        sleeping = new SteppingItems(store, 'hold', at);
        const late = open(sleeping).claim(requestOf('1', { ...beside, resume: 'none' }));
        await Promise.race([sleeping.held.promise, late]);
        const dying = new SteppingItems(store, 'die', dyingAt);
        await rejectionOf(open(dying).claim(requestOf('2', { ...beside, resume: 'none' })));
        sleeping.letGo();
        await late;
        const next = await grantedOf(ledger, requestOf('3', beside));
        expect(next.lease.runId, `slept at step ${at}, died at step ${dyingAt}`).to.be.oneOf(['1', '2']);
        return dying;
      });
      return sleeping;
    });
  });

  it('ends an interrupted run whose end was asked for while it ran, and begins a new one', async () => {
    const { ledger } = setup();
    const { lease } = await grantedOf(ledger, requestOf('1'));
    await ledger.cancel('1', 'somebody');
    expect(await ledger.heartbeat(lease)).to.deep.equal({ cancelledBy: 'somebody' });
    await ledger.finish(lease, endOf(1, true));
    expect(await rejectionOf(ledger.claim(requestOf('2', { resume: { runId: '1' } })))).to.be.instanceOf(RunOverError);
    expect((await grantedOf(ledger, requestOf('3'))).lease.runId).to.equal('3');
    expect((await ledger.run('1'))?.status).to.equal('cancelled');
  });

  it('takes a lease over at once when its holder is known to be gone, and not when nobody knows', async () => {
    const answers: Record<string, () => Promise<boolean>> = {
      yes: async () => true,
      no: async () => false,
      broken: async () => Promise.reject(new Error('no')),
      thrown: () => {
        throw new Error('no');
      },
      silent: () => new Promise(() => {}),
    };
    for (const [name, answer] of Object.entries(answers)) {
      const { store, ledger } = setup();
      await grantedOf(ledger, requestOf('1'));
      const clock = new VirtualClock();
      const asked: string[] = [];
      const isHolderGone = (holder: string) => {
        asked.push(holder);
        return answer();
      };
      const claim = await clock.run(new ItemLedger(store, { clock, isHolderGone }).claim(requestOf('2')));
      expect(claim.granted, name).to.equal(name === 'yes');
      expect(asked).to.deep.equal(['task of 1']);
    }
  });

  it('ends in bounded rounds when others always come in between', async () => {
    class Contended extends MemoryItems {
      override async put(item: Item, condition?: Parameters<ItemsStore['put']>[1]): Promise<boolean> {
        return condition === undefined && super.put(item, condition);
      }
    }
    expect(await rejectionOf(open(new Contended()).claim(requestOf('1')))).to.be.instanceOf(LedgerError);
  });

  it('says what is too large, before it writes anything', async () => {
    const { store, ledger } = setup();
    const large = 'x'.repeat(400_000);
    const tooLarge = async (work: Promise<unknown>, what: string) => {
      const error = await rejectionOf(work);
      expect(error).to.be.instanceOf(StintError).and.to.include({ code: 'STINT_LEDGER_TOO_LARGE' });
      expect((error as StintError).message)
        .to.include(`the ${what} of a run`)
        .and.to.have.lengthOf.below(300);
    };
    await tooLarge(ledger.claim(requestOf('1', { scope: large })), 'scope');
    await tooLarge(ledger.claim({ ...requestOf('1'), redriveOf: large }), 'choice');
    const { lease } = await grantedOf(ledger, requestOf('1'));
    const before = store.all;
    const save = saveOf(1);
    const wide = { ...save, checkpoint: { ...save.checkpoint, mark: { loop: 'items', key: large } } };
    await tooLarge(ledger.checkpoint(lease, wide), 'checkpoint');
    await tooLarge(ledger.checkpoint(lease, saveOf(1, [large])), 'failed item');
    const end = endOf(1, false);
    await tooLarge(ledger.finish(lease, { ...end, summary: { ...end.summary, job: large } }), 'summary');
    expect(store.all).to.deep.equal(before);
  });

  it('keeps fewer attempts where more take too much, and goes on with a run of an older version', async () => {
    const { store, ledger } = setup();
    const holder = 'ü'.repeat(2_000);
    for (let attempt = 1; attempt <= 12; attempt++) {
      const { lease } = await grantedOf(ledger, requestOf(String(attempt), { holder }));
      await ledger.finish(lease, endOf(attempt, true));
    }
    const kept = (await ledger.run('1'))?.attempts.map(({ attempt }) => attempt);
    expect(kept?.length).to.be.within(5, 8);
    expect(kept?.at(-1)).to.equal(12);
    const { attempts: _, ...before } = (await store.get(runKey('1')))!;
    await store.put(before as Item);
    expect(await ledger.run('1')).to.deep.include({ attempt: 12, attempts: [] });
    await grantedOf(ledger, requestOf('13'));
    expect((await ledger.run('1'))?.attempts.map(({ attempt }) => attempt)).to.deep.equal([13]);
  });

  it('counts no attempt of a run that it went on with for a time that another used up meanwhile', async () => {
    let wereBack = 0;
    await atEachStep(async (at) => {
      const { store, ledger } = setup();
      const { lease } = await grantedOf(ledger, requestOf('0', beside));
      await ledger.finish(lease, endOf(1, true));
      const before = await ledger.run('0');
      const items = new SteppingItems(store, 'hold', at);
      const late = open(items).claim(requestOf('1', { ...beside, ...onTime }));
      await Promise.race([items.held.promise, late]);
      const wasOn = (await ledger.run('0'))?.attempts.length === 2;
      const other = await ledger.claim(requestOf('2', { ...beside, ...onTime, scope: 'other' }));
      items.letGo();
      const { granted } = await late;
      expect(granted, `woke at step ${at}`).to.equal(!other.granted);
      const run = await ledger.run('0');
      expect(run?.attempts.map(({ attempt }) => attempt)).to.deep.equal(granted ? [1, 2] : [1]);
      expect(run?.attempt).to.equal(granted ? 2 : 1);
      if (!granted) expect(run?.attempts).to.deep.equal(before?.attempts);
      if (!granted && wasOn) wereBack += 1;
      return items;
    });
    expect(wereBack).to.be.greaterThan(0);
  });
});
