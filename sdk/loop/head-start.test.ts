import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { firstHeadStart, HeadStart } from './head-start.ts';

/** A segment whose items are started and settled by number, and its head start with 8 items in flight at once. */
function setup() {
  const watermark = { started: 0, ahead: 0 };
  const headStart = new HeadStart(watermark, 8);
  const start = (items: number) => {
    watermark.started += items;
    watermark.ahead += items;
  };
  const settleAll = () => {
    watermark.ahead = 0;
  };
  return { watermark, headStart, start, settleAll };
}

describe('head-start', () => {
  it('begins with what a resume without a checkpoint assumes', () => {
    expect(setup().headStart.left).to.equal(firstHeadStart(8));
  });

  it('grows with the pace, up to 2,000 items behind a checkpoint', () => {
    const { headStart, start, settleAll } = setup();
    const lefts: number[] = [];
    for (let checkpoint = 0; checkpoint < 6; checkpoint++) {
      start(headStart.left);
      settleAll();
      headStart.promise().keep();
      lefts.push(headStart.left);
    }
    expect(lefts).to.deep.equal([8 + 4 * 72, 8 + 4 * 296, 2_008, 2_008, 2_008, 2_008]);
  });

  it('shrinks again when the pace does', () => {
    const { headStart, start } = setup();
    start(72);
    headStart.promise().keep();
    start(1);
    headStart.promise().keep();
    expect(headStart.left).to.equal(64 + 8);
  });

  it('gives no more room for a checkpoint that was not saved', () => {
    const { headStart, start } = setup();
    start(72);
    headStart.promise();
    expect(headStart.left).to.equal(0);
  });

  it('never lets more be started than the last saved checkpoint promised, whatever is saved when', () => {
    const steps = fc.array(fc.oneof(fc.constant('take' as const), fc.constant('save' as const), fc.nat(3_000)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (moves) => {
        const { headStart, watermark, start } = setup();
        // What the checkpoint in the ledger promised, as a count of started items.
        let promisedUntil = firstHeadStart(8);
        let taken: { keep: () => void; until: number } | undefined;
        for (const move of moves) {
          if (move === 'take') {
            const cursor = watermark.started - watermark.ahead;
            const { promised, keep } = headStart.promise();
            taken = { keep, until: cursor + promised };
          } else if (move === 'save') {
            taken?.keep();
            promisedUntil = taken?.until ?? promisedUntil;
            taken = undefined;
          } else {
            start(Math.min(move, headStart.left));
            watermark.ahead = Math.min(watermark.ahead, move);
            // A write whose answer was lost may be the one that counts, or not.
            expect(watermark.started).to.be.at.most(promisedUntil);
            expect(watermark.started).to.be.at.most(taken?.until ?? promisedUntil);
          }
        }
      }),
    );
  });
});
