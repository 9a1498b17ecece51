/**
 * Processes that are killed (SIGKILL) at random moments, over all jobs, ledgers and degrees of concurrency: no item is
 * lost, and no more is worked twice than the loss bound says.
 *
 * The moments follow from a seed, which every failure names; STINT_TEST_SEED=<seed> takes them again, as far as processes
 * that race repeat themselves.
 */
import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { runAttempt } from './testing/attempt.ts';
import { openCities } from './testing/cities-stand.ts';
import { type CrashedRun, CrashRun, limitsOf } from './testing/crash-run.ts';
import { openPayments } from './testing/payments-stand.ts';
import { openRates } from './testing/rates-stand.ts';
import type { Stand } from './testing/stand.ts';
import { type LedgerKind, openStandLedger, type StandLedger } from './testing/stand-ledger.ts';

const seed = Number(process.env.STINT_TEST_SEED ?? randomInt(2 ** 31));
const killsPerRun = 7;
const fewestKills = 100;
const leaseTtlMs = 1_000;
const atOnce = 4;

interface Combination {
  readonly name: string;
  readonly seed: number;
  readonly open: () => Promise<Stand>;
  readonly worksPerKill: number;
  /** An item that is done does not match the job's query any more. */
  readonly leavesSource: boolean;
  readonly ledger: LedgerKind;
  readonly concurrency: number;
}

const jobs = [
  { job: 'poll-payment-status', open: () => openPayments({ items: 700 }), worksPerKill: 160, leavesSource: true },
  { job: 'sync-exchange-rates', open: () => openRates({ items: 600 }), worksPerKill: 130, leavesSource: false },
  { job: 'publish-cities', open: () => openCities({ items: 600 }), worksPerKill: 130, leavesSource: false },
] as const;

const combinations: readonly Combination[] = (['postgres', 'dynamodb'] as const)
  .flatMap((ledger) => [64, 8, 1].flatMap((concurrency) => jobs.map((each) => ({ ...each, ledger, concurrency }))))
  .map(({ job, ...each }, index) => ({
    ...each,
    name: `${job}, ${each.concurrency} at once, ledger in ${each.ledger}`,
    seed: seed + index,
  }));

interface Outcome {
  readonly run: CrashedRun;
  readonly items: number;
  /** Items that were worked twice or more, and how often that was in all. */
  readonly again: { readonly items: number; readonly works: number };
  readonly undone: readonly string[];
  readonly redriven: number;
}

async function crash({ open, ledger: kind, concurrency, ...plan }: Combination): Promise<Outcome> {
  await using stand = await open();
  await using ledger = await openStandLedger(stand, kind, leaseTtlMs);
  const run = await new CrashRun(stand, ledger, { ...plan, concurrency, kills: killsPerRun }).work();
  const { all, repeats } = stand.works;
  const again = new Set(all.filter((key, index) => all.indexOf(key) !== index));
  // A city that was worked again leaves no trace but this.
  const unchanged = run.summary.skipped.unchanged ?? 0;
  const redriven = run.summary.items.quarantined;
  if (redriven > 0) await redrive(stand, ledger, run, concurrency);
  return {
    run,
    items: stand.items,
    again: { items: again.size + unchanged, works: repeats + unchanged },
    undone: await stand.findUndone(),
    redriven,
  };
}

/** Items that two kills found in flight were put aside. */
async function redrive(stand: Stand, ledger: StandLedger, { summary }: CrashedRun, concurrency: number): Promise<void> {
  // It is not to lose its lease, however busy the machine is.
  const environment = { ...ledger.environment, STINT_LEASE_TTL_MS: '60000' };
  const options = { redrive: { runId: summary.runId } };
  const redriven = await runAttempt({ job: stand.job, environment, limits: limitsOf(concurrency), options });
  expect(redriven.summary).to.include({ status: 'succeeded', exitCode: 0, attempt: 1 });
  expect(redriven.summary.items).to.include({ remaining: 0, failed: 0, quarantined: 0 });
  const { skipped, items } = redriven.summary;
  expect(items.succeeded + items.skipped, JSON.stringify(skipped)).to.equal(summary.items.quarantined);
}

describe(`a process that is killed at random moments (seed ${seed})`, function () {
  this.timeout(240_000);
  const outcomes = new Map<string, Promise<Outcome>>();
  let kills = 0;

  before(() => {
    const queue = [...combinations];
    const started = new Map(combinations.map(({ name }) => [name, Promise.withResolvers<Outcome>()]));
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { name } = next;
        await crash(next).then(started.get(name)?.resolve, started.get(name)?.reject);
      }
    };
    for (const [name, { promise }] of started) {
      promise.catch(() => {});
      outcomes.set(name, promise);
    }
    for (let count = 0; count < atOnce; count += 1) void worker();
  });

  for (const { name, seed: ofThis, leavesSource } of combinations) {
    it(`loses nothing: ${name}`, async () => {
      const { run, items, again, undone, redriven } = await outcomes.get(name)!;
      kills += run.kills;
      const { summary, record, crashes, attempts } = run;
      const told = `seed ${ofThis}: ${JSON.stringify({ kills: run.kills, crashes, again, redriven })}`;
      if (process.env.STINT_TEST_VERBOSE)
        console.error(told, run.starts, run.interrupted, JSON.stringify(summary.resume));
      expect(undone, told).to.deep.equal([]);
      const { read, remaining, succeeded, skipped, failed, quarantined } = summary.items;
      expect({ remaining, failed }, told).to.deep.equal({ remaining: 0, failed: 0 });
      expect(succeeded + skipped + quarantined, told).to.equal(read);
      // What a process had done when it was killed, and no checkpoint holds, may be no item of the source any more.
      expect(items - read, told).to.be.within(0, leavesSource ? Number.POSITIVE_INFINITY : 0);
      const unsaved = crashes.reduce((sum, crash) => sum + crash.unsaved, 0);
      expect(again.works + items - read, told).to.be.at.most(unsaved);
      expect(summary, told).to.include({ status: 'succeeded', exitCode: 0, attempt: record.attempt });
      expect([...run.runIds], told).to.deep.equal([record.runId]);
      // A process can be killed before it claims, or between its claim and its first word.
      expect(record.attempt, told).to.be.within(attempts.length, run.starts);
      expect(attempts, told).to.deep.equal([...new Set(attempts)].sort((a, b) => a - b));
      for (const crash of crashes) expect(crash.unsaved, told).to.be.at.most(crash.foreseen);
      expect(again.items, told).to.be.at.most(summary.resume.replayedAtMost);
    });
  }

  it(`was killed at least ${fewestKills} times`, () => {
    expect(kills).to.be.at.least(fewestKills);
  });
});
