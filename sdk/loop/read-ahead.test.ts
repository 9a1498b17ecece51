import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Page } from '../sources/source.ts';
import { turn } from '../testing/virtual-clock.ts';
import { readAhead } from './read-ahead.ts';

/** Pages that hold their number, of which one may fail. */
function setup({ pages = 5, failAt = -1 } = {}) {
  const state = { read: 0, freed: 0, arrived: 0 };
  async function* read(): AsyncGenerator<Page<number>> {
    try {
      for (let number = 0; number < pages; number++) {
        if (number === failAt) throw new Error('broken');
        state.read += 1;
        yield { items: [number], readMsOf: () => 0, cursorOf: () => number };
      }
    } finally {
      state.freed += 1;
    }
  }
  const ahead = (wantsMore = () => true) =>
    readAhead(read(), {
      wantsMore,
      onPage: () => {
        state.arrived += 1;
      },
    });
  return { state, ahead };
}

describe('read-ahead', () => {
  it('reads one page ahead, never more', async () => {
    const { state, ahead } = setup();
    const seen: number[] = [];
    for await (const page of ahead()) {
      seen.push(...page.items);
      await turn();
      expect(state.arrived).to.equal(Math.min(seen.length + 1, 5));
    }
    expect(seen).to.deep.equal([0, 1, 2, 3, 4]);
    expect(state.freed).to.equal(1);
  });

  it('frees the source when its consumer breaks off or throws', async () => {
    for (const leave of ['break', 'throw']) {
      const { state, ahead } = setup();
      const reading = async () => {
        for await (const _ of ahead()) {
          if (leave === 'break') break;
          throw new Error('enough');
        }
      };
      await reading().catch(() => {});
      expect(state.freed).to.equal(1);
      expect(state.read).to.be.at.most(2);
    }
  });

  it('hands out every page before the one that fails, then fails', async () => {
    const { state, ahead } = setup({ failAt: 3 });
    const seen: number[] = [];
    const reading = async () => {
      for await (const page of ahead()) {
        seen.push(...page.items);
        await turn();
      }
    };
    expect(await reading().catch((error: Error) => error.message)).to.equal('broken');
    expect(seen).to.deep.equal([0, 1, 2]);
    expect(state.freed).to.equal(1);
  });

  it('reads nothing more than is wanted', async () => {
    const { state, ahead } = setup();
    for await (const _ of ahead(() => state.read < 2)) await turn();
    expect(state.read).to.equal(2);
    expect(state.freed).to.equal(1);
    const none = setup();
    for await (const _ of none.ahead(() => false)) expect.fail('no page');
    expect(none.state.read).to.equal(0);
  });
});
