import { getEventListeners } from 'node:events';
import { openLedger, silentLog } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { testStack } from '../../../harness/testing/test-stack.ts';
import { until } from '../../../harness/testing/until.ts';
import type { RunEvent } from '../schemas.ts';
import { Held, standJobs } from '../testing/stand.ts';
import { LedgerService } from './ledger-service.ts';
import { LocalRuns } from './local-runs.ts';

const by = { name: 'qa', role: 'trigger' } as const;

/** A service over a ledger that counts how often it is looked at for a run. */
async function setUp() {
  await using opened = new AsyncDisposableStack();
  const fork = opened.use(await testStack().fork({ name: 'feed' }));
  const environment = { STINT_LEDGER: 'postgres', DATABASE_URL: fork.postgresUrl };
  const ledger = opened.use(await openLedger(environment));
  const looks = { count: 0, onLook: () => {} };
  const look = ledger.run.bind(ledger);
  ledger.run = (runId) => {
    looks.count += 1;
    looks.onLook();
    return look(runId);
  };
  const held = new Held();
  const local = opened.use(new LocalRuns({ ledger, environment, max: 4, log: () => silentLog }));
  opened.defer(() => held.letGo());
  const service = new LedgerService({ jobs: standJobs(held), ledger, local, tellEveryMs: 20 });
  const { runId, ended } = await service.start('hold', { scope: { tenantId: 't-1' }, dryRun: false }, by);
  // The ledger may be gone by then.
  ended.catch(() => undefined);
  await held.until(2);
  const all = opened.move();
  return { service, held, runId, ended, looks, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

interface Watcher {
  readonly events: RunEvent[];
  readonly first: Promise<void>;
  readonly done: Promise<void>;
}

function watch(service: LedgerService, runId: string, signal: AbortSignal): Watcher {
  const events: RunEvent[] = [];
  const first = Promise.withResolvers<void>();
  const read = async () => {
    for await (const event of service.watch(runId, { signal })) {
      events.push(event);
      first.resolve();
    }
  };
  return { events, first: first.promise, done: read() };
}

function many(service: LedgerService, runId: string, signal: AbortSignal): readonly Watcher[] {
  return Array.from({ length: 300 }, () => watch(service, runId, signal));
}

describe('RunFeed', () => {
  it('looks at the ledger once at a time for all who watch a run, and tells all of them its end', async () => {
    await using world = await setUp();
    const { service, runId, looks, held } = world;
    const stop = new AbortController();
    looks.count = 0;
    const watchers = many(service, runId, stop.signal);
    await Promise.all(watchers.map(({ first }) => first));
    // All came while the first one looked.
    expect(looks.count).to.equal(1);
    const fourth = Promise.withResolvers<void>();
    looks.onLook = () => {
      if (looks.count >= 4) fourth.resolve();
    };
    await fourth.promise;
    held.letGo();
    await Promise.all(watchers.map(({ done }) => done));
    const looked = looks.count;
    await world.ended;

    const ids = watchers.map(({ events }) => events.map(({ id }) => id));
    expect(new Set(ids.map((each) => each.at(-1)))).to.deep.equal(new Set(['end-1']));
    expect(watchers.every(({ events }) => events.at(-1)?.data.status === 'succeeded')).to.equal(true);
    // Told is what is new only; one look more is that of `ended`.
    expect(new Set(ids.flat()).size).to.be.at.most(looked);
    expect(looked).to.be.below(watchers.length);
    // What is told is one text for all of them.
    expect(new Set(watchers.map(({ events }) => events.at(-1))).size).to.equal(1);
  });

  it('leaves no timer, no listener and no feed when the last one has left', async () => {
    await using world = await setUp();
    const { service, runId, looks } = world;
    const stop = new AbortController();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const watchers = many(service, runId, stop.signal);
    await Promise.all(watchers.map(({ first }) => first));
    expect(getEventListeners(stop.signal, 'abort')).to.have.length(watchers.length);
    const [told] = watchers[0]?.events ?? [];
    stop.abort();
    await Promise.all(watchers.map(({ done }) => done));
    expect(getEventListeners(stop.signal, 'abort')).to.have.length(0);
    // The run has timers of its own, that come and go.
    await until('the timers of the feed to be gone', () => timers() <= before);

    // Whoever comes next has a feed of its own: its ids are others.
    looks.count = 0;
    const next = new AbortController();
    const late = watch(service, runId, next.signal);
    await late.first;
    expect(looks.count).to.equal(1);
    expect(late.events[0]?.id).to.not.equal(told?.id);
    next.abort();
    await late.done;
  });
});
