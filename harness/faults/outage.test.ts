/**
 * Runs whose ledger cannot be reached for a while, or for good, by a way that the test can cut; the stores that they
 * work on stay where they are.
 *
 * A ledger in PostgreSQL is that of a job which works on DynamoDB, and the other way round.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { describe } from 'mocha';
import { until } from '../testing/until.ts';
import { type Attempt, startAttempt, summaryOf, tell } from './testing/attempt.ts';
import { bookedOnce, openInvoiceWorld } from './testing/invoice-world.ts';
import { OutageProxy, type Way } from './testing/outage-proxy.ts';
import { openRates } from './testing/rates-stand.ts';
import { type LedgerKind, openStandLedger } from './testing/stand-ledger.ts';
import { together } from './testing/together.ts';

interface Scene extends AsyncDisposable {
  readonly proxy: OutageProxy;
  readonly items: number;
  /** Items that were begun, repeated ones too. */
  readonly begun: () => number;
  start(): Attempt;
  /** What the stores say in the end: each item is as it should be, and was worked once. */
  expectWorked(): Promise<void>;
}

interface SceneOptions {
  readonly items: number;
  readonly latencyMs: number;
  readonly leaseTtlMs: number;
}

const limits = { concurrency: 8, perSecond: null };
const patienceMs = 30_000;
// Until its lease is lost, and then until it has given up on recording its end.
const endMs = 60_000;

async function openScene(ledger: LedgerKind, options: SceneOptions): Promise<Scene> {
  return ledger === 'postgres' ? openRatesScene(options) : openInvoicesScene(options);
}

async function openRatesScene({ items, latencyMs, leaseTtlMs }: SceneOptions): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const stand = opened.use(await openRates({ items, latencyMs }));
  const { environment } = opened.use(await openStandLedger(stand, 'postgres', leaseTtlMs));
  const proxy = opened.use(await OutageProxy.start(String(environment.DATABASE_URL)));
  const all = opened.move();
  return {
    ...{ proxy, items, begun: () => stand.works.all.length },
    start: () =>
      all.use(startAttempt({ job: stand.job, environment: { ...environment, DATABASE_URL: proxy.url }, limits })),
    async expectWorked() {
      expect(await stand.findUndone()).to.deep.equal([]);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function openInvoicesScene({ items, latencyMs, leaseTtlMs }: SceneOptions): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const world = opened.use(await openInvoiceWorld({ ledger: 'dynamodb', invoices: items, latencyMs, leaseTtlMs }));
  const proxy = opened.use(await OutageProxy.start(String(world.environment.AWS_ENDPOINT_URL)));
  const environment = { ...world.environment, AWS_ENDPOINT_URL: proxy.url };
  const all = opened.move();
  return {
    ...{ proxy, items, begun: () => world.provider.calls.count() },
    start: () => all.use(startAttempt({ job: 'charge-invoices', environment, limits })),
    async expectWorked() {
      expect(Object.keys(world.provider.state.charged)).to.have.length(items);
      expect(await world.bookings()).to.deep.equal(bookedOnce(items));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function begin(scene: Scene, items: number): Promise<Attempt> {
  const attempt = scene.start();
  await until('the run to be at work', () => scene.begun() >= items, patienceMs);
  return attempt;
}

async function expectSucceeded(scene: Scene, attempt: Attempt): Promise<void> {
  const ended = await attempt.ended;
  const summary = summaryOf(ended);
  expect(summary, tell(ended)).to.include({ status: 'succeeded', exitCode: 0, attempt: 1 });
  expect(summary.items).to.include({ read: scene.items, succeeded: scene.items, failed: 0, remaining: 0 });
  // A busy machine may make a service answer too late: then the item is tried again, and its accounts say so.
  expect(scene.begun()).to.equal(scene.items + summary.items.retried);
  await scene.expectWorked();
}

/** The way is cut for a part of the lease, and open again. */
async function comesBack(ledger: LedgerKind, way: Way, options: SceneOptions & { outageMs: number }): Promise<void> {
  await using scene = await openScene(ledger, options);
  const attempt = await begin(scene, 20);
  scene.proxy.set(way);
  const before = scene.begun();
  await delay(options.outageMs);
  // What it works on is there: it went on.
  expect(scene.begun()).to.be.above(before + 20);
  expect(attempt.program.process.exitCode).to.equal(null);
  scene.proxy.set('open');
  await expectSucceeded(scene, attempt);
}

async function staysAway(ledger: LedgerKind, way: Way): Promise<void> {
  const leaseTtlMs = 4_000;
  await using scene = await openScene(ledger, { items: 600, latencyMs: 100, leaseTtlMs });
  const attempt = await begin(scene, 20);
  scene.proxy.set(way);
  const cutMs = performance.now();
  let lastMs = cutMs;
  for (let last = scene.begun(); attempt.program.process.exitCode === null; ) {
    if (scene.begun() > last) lastMs = performance.now();
    last = scene.begun();
    await delay(5);
    if (performance.now() > cutMs + endMs) throw new Error(`expected the run to end: ${attempt.program.stdout}`);
  }
  const ended = await attempt.ended;
  expect(ended, tell(ended)).to.include({ code: 75, signal: null });
  const summary = summaryOf(ended);
  expect(summary).to.include({ status: 'interrupted', exitCode: 75 });
  // It was ended by its lease, before another could have taken it.
  expect(summary.error?.code).to.equal('STINT_LEASE_LOST');
  expect(lastMs - cutMs).to.be.at.most(leaseTtlMs);
  expect(summary.items).to.include({ failed: 0 });

  scene.proxy.set('open');
  const other = await scene.start().ended;
  expect(summaryOf(other), tell(other)).to.include({ status: 'succeeded', exitCode: 0, attempt: 2 });
  expect(summaryOf(other).resume).to.include({ recovered: true });
  const { read, remaining, failed, quarantined } = summaryOf(other).items;
  expect({ read, remaining, failed, quarantined }).to.deep.equal({
    read: scene.items,
    ...{ remaining: 0, failed: 0, quarantined: 0 },
  });
  await scene.expectWorked();
}

/** With a lease of a minute there are few heartbeats: what is lost are the answers to checkpoints. */
async function losesAnswers(ledger: LedgerKind): Promise<void> {
  await using scene = await openScene(ledger, { items: 400, latencyMs: 100, leaseTtlMs: 60_000 });
  const attempt = await begin(scene, 20);
  for (let lost = 1; lost <= 2; lost++) {
    scene.proxy.loseAnswers(1);
    await until('an answer to be lost', () => scene.proxy.lost === lost, patienceMs);
  }
  expect(scene.begun()).to.be.below(scene.items);
  await expectSucceeded(scene, attempt);
  const { stdout } = await attempt.ended;
  expect(stdout).to.include('checkpoint not saved, will be tried again');
}

async function comesLate(ledger: LedgerKind): Promise<void> {
  await using scene = await openScene(ledger, { items: 60, latencyMs: 3, leaseTtlMs: 60_000 });
  scene.proxy.set('refused');
  const attempt = scene.start();
  await attempt.program.writes('the ledger did not answer, will be asked again');
  expect(scene.begun()).to.equal(0);
  scene.proxy.set('open');
  await expectSucceeded(scene, attempt);
}

// 8 at once of 250 ms each are 32 a second: work for longer than the outage.
const long = { items: 660, latencyMs: 300, leaseTtlMs: 60_000, outageMs: 20_000 };
const short = { items: 300, latencyMs: 120, leaseTtlMs: 8_000, outageMs: 2_000 };

describe('a run whose ledger cannot be reached', () => {
  together(
    {
      'goes on for 20 s with a lease of 60 s, until it is back (PostgreSQL)': () =>
        comesBack('postgres', 'refused', long),
      'goes on for 20 s with a lease of 60 s, until it is back (DynamoDB)': () =>
        comesBack('dynamodb', 'refused', long),
      'goes on when nothing answers for a while, and all lands late (PostgreSQL)': () =>
        comesBack('postgres', 'silent', short),
      'goes on when nothing answers for a while, and all lands late (DynamoDB)': () =>
        comesBack('dynamodb', 'silent', short),
      'ends with 75 before its lease is lost, and is recovered (PostgreSQL)': () => staysAway('postgres', 'refused'),
      'ends with 75 before its lease is lost, and is recovered (DynamoDB)': () => staysAway('dynamodb', 'refused'),
      'ends with 75 when nothing answers any more, and is recovered (PostgreSQL)': () =>
        staysAway('postgres', 'silent'),
      'ends with 75 when nothing answers any more, and is recovered (DynamoDB)': () => staysAway('dynamodb', 'silent'),
      'neither loses nor counts twice what was saved without an answer (PostgreSQL)': () => losesAnswers('postgres'),
      'neither loses nor counts twice what was saved without an answer (DynamoDB)': () => losesAnswers('dynamodb'),
      'waits for it before it begins (PostgreSQL)': () => comesLate('postgres'),
      'waits for it before it begins (DynamoDB)': () => comesLate('dynamodb'),
    },
    { atATime: 6, timeoutMs: 120_000 },
  );
});
