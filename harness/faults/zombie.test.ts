/**
 * A process that sleeps through the end of its lease (SIGSTOP, a frozen host, a long pause) and wakes up to find that
 * another has taken its run over: it may do no more harm.
 */
import { expect } from 'chai';
import { describe } from 'mocha';
import { charges, startFake } from '../fakes/index.ts';
import { until } from '../testing/until.ts';
import {
  bookedOnce,
  expectAllDone,
  type InvoiceWorld,
  type LedgerKind,
  openInvoiceWorld,
  summaryOf,
} from './testing/invoice-world.ts';
import { together } from './testing/together.ts';

const invoices = 60;
const patienceMs = 30_000;

/** Stops the process in mid-work: some invoices are booked, eight are charged and wait for their answer. */
async function startAndStop(world: InvoiceWorld, env = {}) {
  world.gate.closeAfter(20);
  const program = world.start({ env });
  await until('eight charges under way', () => world.gate.held === 8, patienceMs);
  program.process.kill('SIGSTOP');
  return program;
}

async function expectStopped(zombie: ReturnType<InvoiceWorld['start']>): Promise<void> {
  const summary = await summaryOf(zombie);
  expect(summary).to.include({ status: 'interrupted', exitCode: 75, attempt: 1 });
  expect(summary.error?.code).to.equal('STINT_LEASE_LOST');
  expect(await zombie.ended).to.include({ code: 75, signal: null });
}

const wakesAfterwards = async (ledger: LedgerKind) => {
  await using world = await openInvoiceWorld({ ledger, invoices });
  const zombie = await startAndStop(world);
  world.gate.open();
  const summary = await summaryOf(world.start({ persistent: true }));
  expect(summary).to.include({ status: 'succeeded', attempt: 2 });
  expect(summary.resume).to.include({ recovered: true });
  expect(summary.items).to.include({ read: invoices, remaining: 0, failed: 0, quarantined: 0 });
  const before = await world.everything();

  zombie.process.kill('SIGCONT');
  await expectStopped(zombie);
  expect(await world.everything()).to.deep.equal(before);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
};

const wakesAmidstWork = async (ledger: LedgerKind) => {
  await using world = await openInvoiceWorld({ ledger, invoices });
  // A provider of its own, to tell its calls from the other's.
  await using provider = await startFake(charges, { state: {}, middleware: [world.gate.middleware] });
  const zombie = await startAndStop(world, { CHARGES_API_URL: provider.url });
  const called = provider.calls.count();
  world.gate.open();
  world.gate.closeAfter(10);
  const other = world.start({ persistent: true });
  await until('the other to be at work', () => world.gate.held > 0, patienceMs);

  zombie.process.kill('SIGCONT');
  await expectStopped(zombie);
  expect(provider.calls.count()).to.equal(called);
  world.gate.open();
  expect(await summaryOf(other)).to.include({ status: 'succeeded', attempt: 2 });
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
};

const sleepsShortly = async (ledger: LedgerKind) => {
  const leaseTtlMs = 6_000;
  await using world = await openInvoiceWorld({ ledger, invoices, leaseTtlMs });
  const program = await startAndStop(world);
  world.gate.open();
  const wakeMs = performance.now() + leaseTtlMs / 4;
  await until('a part of the lease to pass', () => performance.now() >= wakeMs);
  program.process.kill('SIGCONT');
  const summary = await summaryOf(program);
  expect(summary).to.include({ status: 'succeeded', exitCode: 0, attempt: 1 });
  expect(summary.items).to.include({ succeeded: invoices, retried: 0 });
  expect(world.provider.calls.count()).to.equal(invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
};

describe('a process that is stopped for longer than its lease', () => {
  together(
    {
      'writes nothing more when another has ended its run meanwhile (PostgreSQL)': () => wakesAfterwards('postgres'),
      'writes nothing more when another has ended its run meanwhile (DynamoDB)': () => wakesAfterwards('dynamodb'),
      'writes nothing more while another works on its run (PostgreSQL)': () => wakesAmidstWork('postgres'),
      'writes nothing more while another works on its run (DynamoDB)': () => wakesAmidstWork('dynamodb'),
      'does not commit what it had begun, and the other that waits for it does the work': async () => {
        await using world = await openInvoiceWorld({ ledger: 'postgres', invoices });
        world.gate.closeAfter(20);
        const zombie = world.start();
        await until('eight charges under way', () => world.gate.held === 8, patienceMs);
        await using lock = await world.lock('stint.done_items');
        world.gate.open();
        await world.untilWaiting(8);
        zombie.process.kill('SIGSTOP');
        await lock[Symbol.asyncDispose]();

        // Eight transactions have booked, and marked their items as done; they only lack their commit.
        await world.untilWaiting(0);
        const other = world.start({ persistent: true });
        await world.untilWaiting(1);
        zombie.process.kill('SIGCONT');
        await expectStopped(zombie);
        const summary = await summaryOf(other);
        expect(summary).to.include({ status: 'succeeded', attempt: 2 });
        expectAllDone(summary, invoices);
        expect(summary.items.retried).to.equal(0);
        expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
      },
    },
    { atATime: 5 },
  );
});

describe('a process that is stopped for less than its lease', () => {
  together({
    'goes on as if nothing had been (PostgreSQL)': () => sleepsShortly('postgres'),
    'goes on as if nothing had been (DynamoDB)': () => sleepsShortly('dynamodb'),
  });
});
