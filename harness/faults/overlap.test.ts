/** Processes of one job that start at the same time: one runs, and the others do as they were told. */
import { expect } from 'chai';
import { describe } from 'mocha';
import type { Program } from '../testing/program.ts';
import { until } from '../testing/until.ts';
import {
  bookedOnce,
  type InvoiceWorld,
  type LedgerKind,
  ledgerKinds,
  openInvoiceWorld,
  type StartOptions,
  summaryOf,
} from './testing/invoice-world.ts';
import { together } from './testing/together.ts';

const invoices = 40;
const patienceMs = 30_000;
const scheduledTime = '2026-01-01T10:00:00.000Z';
const scheduled = { STINT_SCHEDULED_TIME: scheduledTime };
const nameOf: Readonly<Record<LedgerKind, string>> = { postgres: 'PostgreSQL', dynamodb: 'DynamoDB' };

/** Starts so many processes, and lets them go in the same moment. */
async function startAtOnce(world: InvoiceWorld, count: number, { env = {}, ...options }: StartOptions = {}) {
  const programs = Array.from({ length: count }, () =>
    world.start({ ...options, env: { ...env, STINT_TEST_BARRIER: '1' } }),
  );
  await Promise.all(programs.map((program) => program.writes('"msg":"ready"')));
  for (const program of programs) program.process.kill('SIGUSR2');
  return programs;
}

/** The one that works, when all others have ended. */
async function lastOf(programs: readonly Program[]): Promise<Program> {
  const running = new Set(programs);
  for (const program of programs) void program.ended.then(() => running.delete(program));
  await until('all but one to end', () => running.size === 1, patienceMs);
  const [last] = running;
  return last as Program;
}

async function startsAtOnce(ledger: LedgerKind, count: number, env: StartOptions['env'] = {}): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices });
  world.gate.closeAfter(5);
  const programs = await startAtOnce(world, count, { env });
  const last = await lastOf(programs);
  const others = await Promise.all(programs.filter((each) => each !== last).map(summaryOf));
  const isScheduled = 'STINT_SCHEDULED_TIME' in env;
  const code = isScheduled ? 'STINT_REFUSED_DUPLICATE' : 'STINT_REFUSED_OVERLAP';
  for (const summary of others) {
    expect(summary).to.include({ status: 'refused', exitCode: isScheduled ? 0 : 75 });
    expect(summary.error?.code).to.equal(code);
    expect(summary.items).to.include({ read: 0 });
  }
  world.gate.open();
  expect(await summaryOf(last)).to.include({ status: 'succeeded', exitCode: 0, attempt: 1 });
  expect(world.provider.calls.count()).to.equal(invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
  expect(await world.ledger.runs()).to.have.length(1);
  if (!isScheduled) return;

  // One that is delivered when all is over is no reason to do it again.
  const late = world.start({ env });
  expect(await late.ended).to.include({ code: 0 });
  expect((await summaryOf(late)).error?.code).to.equal('STINT_REFUSED_DUPLICATE');
  expect(world.provider.calls.count()).to.equal(invoices);
}

/** Starts a process that is held amid its work, and another that does what `overlap` says. */
async function startTwo(world: InvoiceWorld, overlap: 'wait' | 'cancel-other' | 'allow') {
  world.gate.closeAfter(5);
  const first = world.start();
  await until('the first to be at work', () => world.gate.held === 8, patienceMs);
  const second = world.start({ options: { overlap } });
  return { first, second };
}

async function waits(ledger: LedgerKind): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices });
  const { first, second } = await startTwo(world, 'wait');
  await second.writes('waiting for another run to end');
  world.gate.open();
  const [one, two] = [await summaryOf(first), await summaryOf(second)];
  expect(one).to.include({ status: 'succeeded', attempt: 1 });
  expect(two).to.include({ status: 'succeeded', attempt: 1 });
  expect(two.runId).not.to.equal(one.runId);
  expect(Date.parse(two.startedAt)).to.be.at.least(Date.parse(one.finishedAt));
}

async function cancels(ledger: LedgerKind): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices });
  const { first, second } = await startTwo(world, 'cancel-other');
  await first.writes('finishing what is in flight');
  world.gate.open();
  const [one, two] = [await summaryOf(first), await summaryOf(second)];
  expect(one).to.include({ status: 'cancelled' });
  expect(one.error?.code).to.equal('STINT_CANCELLED');
  expect(two).to.include({ status: 'succeeded', attempt: 1 });
  expect(two.runId).not.to.equal(one.runId);
  expect(Date.parse(two.startedAt)).to.be.at.least(Date.parse(one.finishedAt));
  const statuses = (await world.ledger.runs()).map(({ status }) => status);
  expect(statuses).to.deep.equal(['succeeded', 'cancelled']);
}

describe('processes that start in the same moment', () => {
  together(
    Object.fromEntries(
      ledgerKinds.flatMap((kind) => [
        [`run once when they are two (${nameOf[kind]})`, () => startsAtOnce(kind, 2)],
        [`run once when they are eight (${nameOf[kind]})`, () => startsAtOnce(kind, 8)],
        [
          `run a scheduled time once, whenever it is delivered (${nameOf[kind]})`,
          () => startsAtOnce(kind, 4, scheduled),
        ],
      ]),
    ),
    { atATime: 2 },
  );
});

describe('a process that starts while another works', () => {
  together(
    Object.fromEntries(
      ledgerKinds.flatMap((kind) => [
        [`waits for its end when it is told to (${nameOf[kind]})`, () => waits(kind)],
        [`asks for its end when it is told to (${nameOf[kind]})`, () => cancels(kind)],
      ]),
    ),
  );
});
