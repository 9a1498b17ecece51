import { expect } from 'chai';
import { describe, it } from 'mocha';
import { memorySource } from './memory.ts';
import type { Cursor, Source } from './source.ts';

async function readAll<TItem>(source: Source<TItem>, after?: Cursor, pageSize = 3) {
  const items: TItem[] = [];
  const cursors: Cursor[] = [];
  const signal = new AbortController().signal;
  for await (const page of source.segments[0]!.pages(after, { signal, pageSize: () => pageSize })) {
    expect(page.items.length).to.be.within(1, Math.max(1, pageSize));
    page.items.forEach((item, index) => {
      items.push(item);
      cursors.push(page.cursorOf(item, index));
    });
  }
  return { items, cursors };
}

describe('sources/memory', () => {
  it('yields each item once, in order, and resumes after every one of them', async () => {
    const items = ['a', 'b', 'b', 'c', 'd', 'e', 'f'];
    const source = memorySource(items);
    for (const pageSize of [0, 1, 3, 100])
      expect((await readAll(source, undefined, pageSize)).items).to.deep.equal(items);
    const { cursors } = await readAll(source);
    for (const [index, cursor] of cursors.entries()) {
      expect((await readAll(source, cursor)).items).to.deep.equal(items.slice(index + 1));
    }
  });

  it('yields nothing for an empty list, and knows how many there are', async () => {
    expect((await readAll(memorySource([]))).items).to.deep.equal([]);
    expect(await memorySource([1, 2]).total(new AbortController().signal)).to.equal(2);
  });

  it('names strings and numbers by themselves, all else by their place, or as it is told', () => {
    const objects = [{ id: 'x' }, { id: 'y' }, null];
    expect(['a', 7, 7n].map((item) => memorySource([item]).keyOf(item))).to.deep.equal(['a', '7', '7']);
    expect(objects.map((item) => memorySource(objects).keyOf(item))).to.deep.equal(['0', '1', '2']);
    const named = memorySource([{ id: 'x' }], { keyOf: ({ id }) => id });
    expect(named.keyOf({ id: 'x' })).to.equal('x');
  });

  it('finds its items by their positions, in another list of the same items too', async () => {
    const { signal } = new AbortController();
    const byId = { keyOf: ({ id }: { id: string }) => id };
    const [a, b] = [{ id: 'a' }, { id: 'b' }];
    expect(await memorySource([b, a], byId).find(memorySource([a, b], byId).positionOf(a), signal)).to.equal(a);
    expect(await memorySource([b], byId).find('a', signal)).to.equal(undefined);
    const mixed = [a, 'x', 7, b, 'x'];
    const source = memorySource<unknown>(mixed);
    expect(mixed.map((item) => source.positionOf(item))).to.deep.equal(['0', 'x', '7', '3', 'x']);
    for (const item of mixed) {
      expect(await memorySource<unknown>(mixed).find(source.positionOf(item), signal)).to.equal(item);
    }
    expect(await source.find(null, signal)).to.equal(undefined);
  });

  it('finds the first of the items that share a key', async () => {
    const items = [
      { id: 'a', n: 1 },
      { id: 'a', n: 2 },
    ];
    const source = memorySource(items, { keyOf: ({ id }) => id });
    expect(await source.find('a', new AbortController().signal)).to.equal(items[0]);
  });

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    const pages = memorySource([1, 2, 3]).segments[0]!.pages(undefined, {
      signal: controller.signal,
      pageSize: () => 1,
    });
    const seen: unknown[] = [];
    const reading = async () => {
      for await (const page of pages) {
        seen.push(...page.items);
        controller.abort('enough');
      }
    };
    expect(await reading().catch((reason: unknown) => reason)).to.equal('enough');
    expect(seen).to.deep.equal([1]);
  });
});
