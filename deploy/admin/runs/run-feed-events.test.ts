import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from '../../../harness/testing/until.ts';
import type { RunEvent, RunView } from '../schemas.ts';
import type { LocalRun } from './local-runs.ts';
import { RunFeed } from './run-feed.ts';

/** A run that is what the test says it is, and a feed of it. */
function setUp({ everyMs = 5 } = {}) {
  const state = { status: 'running', attempt: 1, settled: 0, looks: 0, idle: 0, fails: false };
  /** What looks wait for. */
  let gate = Promise.resolve();
  const ended = Promise.withResolvers<undefined>();
  const local = { ended: ended.promise } as unknown as LocalRun;
  const feed = new RunFeed({
    async look() {
      state.looks += 1;
      const { status, attempt, settled, fails } = state;
      await gate;
      if (fails) throw new Error('the ledger is away');
      return { status, attempt, progress: { settled } } as RunView;
    },
    local: () => local,
    everyMs,
    onIdle: () => {
      state.idle += 1;
    },
  });
  return {
    state,
    feed,
    ended,
    hold() {
      const held = Promise.withResolvers<void>();
      gate = held.promise;
      return held;
    },
    watch(lastEventId?: string) {
      const stop = new AbortController();
      const heard: RunEvent[] = [];
      const done = (async () => {
        for await (const event of feed.watch(lastEventId, stop.signal)) heard.push(event);
      })();
      return { heard, done, stop: () => stop.abort() };
    },
  };
}

describe('RunFeed', () => {
  it('tells each state once, and the end, to all who watch, by one look at a time', async () => {
    const { state, watch } = setUp();
    const watchers = Array.from({ length: 20 }, () => watch());
    await until('a first state', () => watchers.every(({ heard }) => heard.length === 1));
    expect(state.looks).to.be.lessThan(10);
    state.settled = 1;
    await until('a second one', () => watchers.every(({ heard }) => heard.length === 2));
    state.status = 'succeeded';
    await Promise.all(watchers.map(({ done }) => done));
    for (const { heard } of watchers) {
      expect(heard.map(({ event }) => event)).to.deep.equal(['progress', 'progress', 'end']);
      expect(heard.at(-1)?.id).to.equal('end-1');
      expect(heard.map(({ json }) => json)).to.deep.equal(watchers[0]?.heard.map(({ json }) => json));
    }
    const { looks } = state;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(state.looks).to.equal(looks);
  });

  it('gives who has heard the last state the next one only', async () => {
    const { state, watch } = setUp();
    const first = watch();
    await until('a state', () => first.heard.length === 1);
    const second = watch(first.heard[0]?.id);
    state.settled = 1;
    await until('the next one', () => second.heard.length === 1);
    expect(second.heard[0]?.json).to.contain('"settled":1');
    for (const { stop, done } of [first, second]) {
      stop();
      await done;
    }
    expect(state.idle).to.equal(1);
  });

  it('looks at once when its run ends here', async () => {
    const { state, ended, watch } = setUp({ everyMs: 60_000 });
    const watcher = watch();
    await until('a state', () => watcher.heard.length === 1);
    state.status = 'succeeded';
    ended.resolve(undefined);
    await watcher.done;
    expect(watcher.heard.at(-1)?.event).to.equal('end');
  });

  it('sees what came after a look that was on its way', async () => {
    const { state, feed, hold, watch } = setUp({ everyMs: 60_000 });
    const watcher = watch();
    await until('a state', () => watcher.heard.length === 1);
    const held = hold();
    const first = feed.refresh();
    await until('a look', () => state.looks === 2);
    state.status = 'cancelled';
    const second = feed.refresh();
    held.resolve();
    await Promise.all([first, second, watcher.done]);
    expect(watcher.heard.at(-1)?.event).to.equal('end');
  });

  it('gives way once the end was told: the run may be resumed while somebody is slow to hear of it', async () => {
    const { state, watch } = setUp();
    const events = watch();
    state.status = 'interrupted';
    await events.done;
    expect(state.idle).to.be.greaterThan(0);
    const slow = setUp();
    const iterator = slow.feed.watch(undefined, new AbortController().signal);
    slow.state.status = 'interrupted';
    // It holds the event, and does not go on.
    expect((await iterator.next()).value).to.include({ event: 'end', id: 'end-1' });
    expect(slow.state.idle).to.equal(1);
    await iterator.return();
  });

  it('goes on when the ledger is away for a while, and tells whoever comes then', async () => {
    const { state, watch } = setUp();
    const watcher = watch();
    await until('a state', () => watcher.heard.length === 1);
    state.fails = true;
    await until('looks in vain', () => state.looks > 4);
    state.fails = false;
    state.status = 'failed';
    await watcher.done;
    expect(watcher.heard.at(-1)?.event).to.equal('end');
    const late = setUp();
    late.state.fails = true;
    expect(await late.watch().done.catch(({ message }) => message)).to.equal('the ledger is away');
    expect(late.state.idle).to.equal(1);
  });
});
