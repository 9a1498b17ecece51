import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Mark } from '../ledger/ledger.ts';
import { silentLog } from '../report/log.ts';
import { Suspects } from './suspects.ts';

const forever = new AbortController().signal;

function setup(culprit?: Mark) {
  const marks: (string | null)[] = [];
  const said: string[] = [];
  const log = { info: (line: string) => void said.push(line) };
  const saveMark = async (mark: Mark | null) => void marks.push(mark?.key ?? null);
  return { suspects: new Suspects({ saveMark, culprit, log }), marks, said };
}

describe('suspects', () => {
  it('keeps nobody waiting when there are none', async () => {
    const { suspects, marks } = setup();
    expect(suspects.pending).to.equal(false);
    await suspects.cleared(forever);
    expect(marks).to.deep.equal([]);
  });

  it('lets others go on when the last segment’s are worked, and the mark is gone', async () => {
    const { suspects, marks } = setup();
    suspects.open([64, 0, 8]);
    let cleared = false;
    const waiting = suspects.cleared(forever).then(() => {
      cleared = true;
    });
    await suspects.close(true);
    await Promise.resolve();
    expect([cleared, suspects.pending]).to.deep.equal([false, true]);
    await suspects.close(true);
    await waiting;
    expect([suspects.pending, marks]).to.deep.equal([false, [null]]);
  });

  it('lets others go on when the mark could not be taken away, and rejects', async () => {
    const suspects = new Suspects({
      saveMark: () => Promise.reject(new Error('stopped')),
      culprit: undefined,
      log: silentLog,
    });
    suspects.open([1]);
    const closed = suspects.close(true).catch((error: Error) => error.message);
    await suspects.cleared(forever);
    expect(await closed).to.equal('stopped');
  });

  it('stops waiting when the signal fires', async () => {
    const { suspects } = setup();
    suspects.open([1]);
    const stop = new AbortController();
    const waiting = suspects.cleared(stop.signal).catch((error: Error) => error.message);
    stop.abort(new Error('stopped'));
    expect(await waiting).to.equal('stopped');
  });

  it('tells when it begins and when it is over, once for all segments, and not that it is when it broke off', async () => {
    const begins = 'working at most 72 items one by one: one of them may have ended the process before';
    const ends = 'no item is worked one by one any more: none of them ended the process this time';
    for (const [finished, lines] of [
      [true, [begins, ends]],
      [false, [begins]],
    ] as const) {
      // biome-ignore format: a table
      const { suspects, said } = setup();
      suspects.open([0, 0]);
      suspects.open([64, 0, 8]);
      await suspects.close(true);
      await suspects.close(finished);
      expect(said).to.deep.equal(lines);
    }
  });

  it('works one at a time', async () => {
    const { suspects } = setup();
    const order: string[] = [];
    const work = (name: string) =>
      suspects.alone(async () => {
        order.push(`${name} begins`);
        await new Promise(setImmediate);
        order.push(`${name} ends`);
      });
    await Promise.all([work('a'), work('b')]);
    expect(order).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('knows the item that was marked at the crash, once, by loop and key', () => {
    const { suspects } = setup({ loop: 'loop-1', key: 'k' });
    expect(suspects.isCulprit({ loop: 'loop-2', key: 'k' })).to.equal(false);
    expect(suspects.isCulprit({ loop: 'loop-1', key: 'other' })).to.equal(false);
    expect(suspects.isCulprit({ loop: 'loop-1', key: 'k' })).to.equal(true);
    expect(suspects.isCulprit({ loop: 'loop-1', key: 'k' })).to.equal(false);
  });
});
