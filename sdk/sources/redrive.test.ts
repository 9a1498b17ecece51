import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { FailedItem, FailuresPage } from '../ledger/ledger.ts';
import { TestSource } from '../testing/test-source.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { memorySource } from './memory.ts';
import { RedriveSource } from './redrive.ts';
import type { Cursor, Json, Page, Source } from './source.ts';

const { signal } = new AbortController();

function toFailure(cursor: Cursor, key = `key-${cursor}`): FailedItem {
  const error = { name: 'Error', code: 'STINT_X', message: 'no', class: 'permanent' } as unknown as FailedItem['error'];
  const failedAt = '2026-01-01T00:00:00.000Z';
  return { loop: 'loop-1', key, cursor, outcome: 'failed', error, attempts: 1, failedAt, exchanges: [] };
}

/** A ledger's failures: pages of at most `largest`, the first `skipped` of which hold other loops' items. */
function failuresOf(items: readonly FailedItem[], { largest = 100 } = {}) {
  const asked: { after: Json | undefined; limit: number }[] = [];
  const failures = async (after: Json | undefined, limit: number): Promise<FailuresPage> => {
    asked.push({ after, limit });
    const from = Array.isArray(after) ? Number(after[0]) : 0;
    const to = from + Math.min(limit, largest);
    return { items: items.slice(from, to), next: to < items.length ? [to] : undefined };
  };
  return { failures, asked };
}

function setup(
  count: number,
  { largest = 100, refresh = async (item: number): Promise<number | undefined> => item } = {},
) {
  const clock = new VirtualClock();
  const original = new TestSource({ clock, items: 1_000, refresh });
  const failed = Array.from({ length: count }, (_, at) => toFailure(at * 3));
  const { failures, asked } = failuresOf(failed, { largest });
  const open = (largestToday = largest) =>
    new RedriveSource(original, { name: 'loop-1', failures: failuresOf(failed, { largest: largestToday }).failures });
  return { original, failed, asked, open, source: new RedriveSource(original, { name: 'loop-1', failures }) };
}

async function readAll<TItem>(
  source: Source<TItem>,
  { after, pageSize = 7 }: { after?: Cursor; pageSize?: number } = {},
) {
  const read = { items: [] as TItem[], cursors: [] as Cursor[], pages: [] as Page<TItem>[] };
  for await (const page of source.segments[0]!.pages(after, { signal, pageSize: () => pageSize })) {
    read.pages.push(page);
    for (const [index, item] of page.items.entries()) {
      read.items.push(item);
      read.cursors.push(JSON.parse(JSON.stringify(page.cursorOf(item, index))));
    }
  }
  return read;
}

describe('sources/redrive', () => {
  it('yields a stand-in for each failed item, under its key, at its position, infinitely old', async () => {
    const { source, failed } = setup(250);
    const { items, pages } = await readAll(source);
    expect(items.map((item) => source.keyOf(item))).to.deep.equal(failed.map(({ key }) => key));
    expect(items.map((item) => source.positionOf(item))).to.deep.equal(failed.map(({ cursor }) => cursor));
    for (const page of pages) {
      expect(page.items).to.have.length.within(1, 7);
      expect(page.readMsOf(0)).to.equal(Number.NEGATIVE_INFINITY);
    }
  });

  it('reads an item anew from its source, and once more when that has become old', async () => {
    const asked: number[] = [];
    const { source } = setup(3, {
      refresh: async (item) => {
        asked.push(item);
        return item === 3 ? undefined : item;
      },
    });
    const [first, second] = (await readAll(source)).items;
    const fresh = await source.refresh(first!, signal);
    expect(fresh).to.equal(0);
    expect(source.keyOf(fresh!), 'the key of the item itself').to.equal('key-0');
    expect(source.positionOf(fresh!)).to.equal(0);
    expect(await source.refresh(fresh!, signal)).to.equal(0);
    expect(await source.refresh(second!, signal), 'gone').to.equal(undefined);
    expect(asked).to.deep.equal([0, 0, 3]);
  });

  for (const [largest, today] of [
    [100, 100],
    [7, 7],
    [10, 3],
    [3, 10],
  ] as const) {
    it(`resumes behind every item when a page of failures had ${largest} at most and has ${today} now`, async () => {
      const { open } = setup(41, { largest });
      const source = open();
      const { items, cursors } = await readAll(source, { pageSize: 4 });
      const keys = items.map((item) => source.keyOf(item));
      for (const [index, cursor] of cursors.entries()) {
        const again = open(today);
        const rest = await readAll(again, { after: cursor, pageSize: 5 });
        expect(rest.items.map((item) => again.keyOf(item))).to.deep.equal(keys.slice(index + 1));
        // Cursors of a resumed read are as good as those of the first.
        const third = await readAll(open(), { after: rest.cursors[0] ?? cursor });
        expect(third.items).to.have.length(Math.max(0, 41 - index - 2));
      }
    });
  }

  it('has cursors that do not depend on what became of the item', async () => {
    const { source } = setup(9);
    const [page] = (await readAll(source, { pageSize: 9 })).pages;
    expect(page!.cursorOf(777, 4)).to.deep.equal(page!.cursorOf(page!.items[4]!, 4));
  });

  it('passes over pages that hold nothing, and asks for a hundred at most', async () => {
    const asked: number[] = [];
    const pages: FailuresPage[] = [
      { items: [], next: 1 },
      { items: [toFailure(5)], next: 2 },
      { items: [], next: undefined },
    ];
    const source = new RedriveSource(memorySource(['a']), {
      name: 'loop-1',
      failures: async (after, limit) => {
        asked.push(limit);
        return pages[Number(after ?? 0)]!;
      },
    });
    const { items, cursors } = await readAll(source, { pageSize: 1_000 });
    expect(items).to.have.length(1);
    expect(asked).to.deep.equal([100, 100, 100]);
    expect((await readAll(source, { after: cursors[0]! })).items).to.deep.equal([]);
    expect(source.maxPageSize).to.equal(100);
  });

  it('has a fingerprint of its own, which changes with that of its source', () => {
    const { original, open } = setup(1);
    const before = open().fingerprint;
    expect(before).to.not.equal(original.fingerprint);
    original.fingerprint = 'other';
    expect(open().fingerprint).to.not.equal(before);
  });

  it('finds items of the list of a memory source', async () => {
    const list = [{ n: 1 }, { n: 2 }];
    const of = memorySource(list);
    const { failures } = failuresOf([toFailure(of.positionOf(list[1]!), of.keyOf(list[1]!)), toFailure('7', '7')]);
    const source = new RedriveSource(memorySource(list), { name: 'loop-1', failures });
    const [found, gone] = (await readAll(source)).items;
    expect(await source.refresh(found!, signal)).to.equal(list[1]);
    expect(await source.refresh(gone!, signal)).to.equal(undefined);
  });

  it('refuses an item whose position was not kept, and says what to do', async () => {
    const { failures } = failuresOf([toFailure(null, 'key')]);
    const source = new RedriveSource(memorySource(['a']), { name: 'loop-1', failures });
    const [item] = (await readAll(source)).items;
    const error = await source.refresh(item!, signal).catch((thrown: Error) => thrown);
    expect(error).to.have.property('code', 'STINT_SOURCE_POSITION');
    expect((error as Error).message).to.contain('start a new run');
  });

  it('ends with the signal’s reason, also when the ledger does not answer', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const source = new RedriveSource(memorySource(['a']), {
      name: 'loop-1',
      failures: () => {
        controller.abort(reason);
        return new Promise(() => {});
      },
    });
    const pages = source.segments[0]!.pages(undefined, { signal: controller.signal, pageSize: () => 1 });
    const error = await pages[Symbol.asyncIterator]()
      .next()
      .catch((thrown: unknown) => thrown);
    expect(error).to.equal(reason);
  });
});
