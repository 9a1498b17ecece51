import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ulid } from 'ulid';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { ItemLedger } from './item-ledger.ts';
import type { Item, ItemsQuery } from './items-store.ts';
import { endOf, grantedOf, requestOf } from './testing/item-scenarios.ts';
import { MemoryItems } from './testing/memory-items.ts';

class CountedItems extends MemoryItems {
  read = 0;

  override async query(pk: string, query: ItemsQuery): Promise<readonly Item[]> {
    const items = await super.query(pk, query);
    this.read += items.length;
    return items;
  }
}

function setup(retentionMs = 1_000_000) {
  const store = new CountedItems();
  const clock = new VirtualClock();
  return { store, clock, ledger: new ItemLedger(store, { clock, retentionMs }) };
}

const entryOf = (id: string) => ({
  ...{ id, at: '2026-01-01T00:00:00.000Z', by: 'ada', action: 'run.start' },
  ...{ job: undefined, runId: undefined, detail: null },
});

describe('ledger/items-audit', () => {
  it('reads as many items as a page has, wherever it begins', async () => {
    const { store, ledger } = setup();
    const ids = Array.from({ length: 60 }, (_, n) => ulid(1_000 * (n + 1)));
    for (const id of ids) await ledger.audit(entryOf(id));
    for (const before of [ids[59]!, ids[30]!]) {
      store.read = 0;
      expect(await ledger.audits({ before, limit: 5 })).to.have.length(5);
      expect(store.read).to.equal(5);
    }
  });

  it('passes over what is too old, between what is not, and goes on until a page is full', async () => {
    const { clock, ledger } = setup(1_000);
    const ids = Array.from({ length: 40 }, (_, n) => ulid(1_000 * (n + 1)));
    for (const id of ids.slice(5, 35)) await ledger.audit(entryOf(id));
    await clock.advance(1_000);
    const young = [...ids.slice(0, 5), ...ids.slice(35)];
    for (const id of young) await ledger.audit(entryOf(id));
    expect((await ledger.audits({ limit: 8 })).map(({ id }) => id)).to.deep.equal([...young].reverse().slice(0, 8));
  });
});

describe('ledger/items-read', () => {
  it('reads as many entries of the list as a page of runs has, wherever it begins', async () => {
    const { store, clock, ledger } = setup();
    for (let n = 0; n < 40; n++) {
      const { lease } = await grantedOf(ledger, requestOf(`run ${n}`, { resume: 'none' }));
      await ledger.finish(lease, endOf(1, false));
      await clock.advance(10);
    }
    store.read = 0;
    const page = await ledger.runs({ before: 'run 20', limit: 5 });
    expect(page.map(({ runId }) => runId)).to.deep.equal([19, 18, 17, 16, 15].map((n) => `run ${n}`));
    expect(store.read).to.equal(5);
  });
});
