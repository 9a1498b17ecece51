/** Processes that are told to end, in the midst of their work and before it: nothing is lost, nothing worked twice. */
import { expect } from 'chai';
import { describe } from 'mocha';
import type { Program } from '../testing/program.ts';
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
const concurrency = 8;
const patienceMs = 30_000;

/** Starts a process and waits until some invoices are booked, and eight are charged and wait for their answer. */
async function startAndHold(world: InvoiceWorld, limits = {}): Promise<Program> {
  world.gate.closeAfter(20);
  const program = world.start({ limits: { concurrency, ...limits } });
  await until('eight charges under way', () => world.gate.held === concurrency, patienceMs);
  return program;
}

/** Tells it to end, and waits until it has heard. */
async function tell(program: Program, signal: NodeJS.Signals): Promise<void> {
  program.process.kill(signal);
  await program.writes('finishing what is in flight');
}

async function statusOf({ ledger }: InvoiceWorld): Promise<readonly string[]> {
  return (await ledger.runs()).map(({ status }) => status);
}

async function endsAmidPage(ledger: LedgerKind, signal: NodeJS.Signals, code: number): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices });
  const program = await startAndHold(world);
  await tell(program, signal);
  world.gate.open();
  expect(await program.ended).to.include({ code, signal: null });
  const summary = await summaryOf(program);
  expect(summary).to.include({ status: 'interrupted', exitCode: code, attempt: 1 });
  // What was in flight came to its end.
  expect(summary.items).to.include({ succeeded: 20 + concurrency, failed: 0 });
  expect(await statusOf(world)).to.deep.equal(['interrupted']);
  expect(world.provider.calls.count()).to.equal(20 + concurrency);

  // The lease was given back: nobody has to wait for it.
  const resumed = await summaryOf(world.start());
  expect(resumed).to.include({ status: 'succeeded', exitCode: 0, attempt: 2, runId: summary.runId });
  expect(resumed.resume).to.include({ fromCheckpoint: true, recovered: false, replayed: 0 });
  expect(resumed.items).to.include({ read: invoices, succeeded: invoices, remaining: 0 });
  expect(world.provider.calls.count()).to.equal(invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
}

async function drains(ledger: LedgerKind): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices });
  const program = await startAndHold(world, { drainMs: 300 });
  // Nothing answers: only the items' own signals end them.
  program.process.kill('SIGTERM');
  expect(await program.ended).to.include({ code: 143, signal: null });
  const summary = await summaryOf(program);
  expect(summary).to.include({ status: 'interrupted', exitCode: 143 });
  expect(summary.items).to.include({ succeeded: 20, failed: 0 });
  world.gate.open();

  const resumed = await summaryOf(world.start());
  expect(resumed).to.include({ status: 'succeeded', attempt: 2 });
  expectAllDone(resumed, invoices);
  // The eight are asked for once more, with the keys that the provider knows.
  expect(world.provider.calls.count()).to.equal(invoices + concurrency);
  expect(Object.keys(world.provider.state.charged)).to.have.length(invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
}

async function endsAtOnce(ledger: LedgerKind): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices, leaseTtlMs: 1_500 });
  // The heartbeats go on while it drains, for as long as that takes.
  const program = await startAndHold(world);
  await tell(program, 'SIGTERM');
  program.process.kill('SIGTERM');
  expect(await program.ended).to.include({ code: 143, signal: null });
  expect(await statusOf(world)).to.deep.equal(['running']);
  world.gate.open();

  const resumed = await summaryOf(world.start({ persistent: true }));
  expect(resumed).to.include({ status: 'succeeded', attempt: 2 });
  expect(resumed.resume).to.include({ recovered: true });
  expect(resumed.items).to.include({ read: invoices, remaining: 0, failed: 0, quarantined: 0 });
  expect(Object.keys(world.provider.state.charged)).to.have.length(invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
}

async function works(ledger: LedgerKind): Promise<void> {
  const many = 200;
  await using world = await openInvoiceWorld({ ledger, invoices: many, latencyMs: 20 });
  const codes: (number | null)[] = [];
  let read = 0;
  while (codes.at(-1) !== 0) {
    const program = world.start({ limits: { concurrency: 2, maxRunMs: 500 } });
    const { code } = await program.ended;
    codes.push(code);
    const summary = await summaryOf(program);
    expect(summary).to.include({ attempt: codes.length, status: code === 0 ? 'succeeded' : 'interrupted' });
    const { succeeded } = summary.items;
    // A slice can end just as the last one is done: then nothing is left for the next.
    if (read < many) expect(succeeded).to.be.above(read);
    read = succeeded;
  }
  // 200 invoices of 20 ms, two at a time: two seconds of work at least.
  expect(codes.length).to.be.at.least(3);
  expect(codes.slice(0, -1)).to.deep.equal(codes.slice(1).map(() => 75));
  expect(read).to.equal(many);
  expect(world.provider.calls.count()).to.equal(many);
  expect(await world.bookings()).to.deep.equal(bookedOnce(many));
}

async function waitsInVain(ledger: LedgerKind): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices });
  const first = await startAndHold(world);
  const second = world.start({ options: { overlap: 'wait' } });
  await second.writes('waiting for another run to end');
  second.process.kill('SIGTERM');
  expect(await second.ended).to.include({ code: 143, signal: null });
  expect(await summaryOf(second)).to.include({ status: 'interrupted', exitCode: 143 });
  world.gate.open();
  expect(await summaryOf(first)).to.include({ status: 'succeeded', attempt: 1 });
  expect(await statusOf(world)).to.deep.equal(['succeeded']);
  expect(world.provider.calls.count()).to.equal(invoices);
}

describe('a process that is told to end', () => {
  together({
    'ends with 143 on SIGTERM amid a page, and the next start goes on (PostgreSQL)': () =>
      endsAmidPage('postgres', 'SIGTERM', 143),
    'ends with 143 on SIGTERM amid a page, and the next start goes on (DynamoDB)': () =>
      endsAmidPage('dynamodb', 'SIGTERM', 143),
    'ends with 130 on SIGINT': () => endsAmidPage('postgres', 'SIGINT', 130),
    'gives what is in flight its time to drain, then aborts it (PostgreSQL)': () => drains('postgres'),
    'gives what is in flight its time to drain, then aborts it (DynamoDB)': () => drains('dynamodb'),
    'ends at once when it is told twice, and is recovered (PostgreSQL)': () => endsAtOnce('postgres'),
    'ends at once when it is told twice, and is recovered (DynamoDB)': () => endsAtOnce('dynamodb'),
    'ends with 75 after each slice of its time, until all is worked': () => works('postgres'),
    'begins nothing when it is told so while it waits for another run (PostgreSQL)': () => waitsInVain('postgres'),
    'begins nothing when it is told so while it waits for another run (DynamoDB)': () => waitsInVain('dynamodb'),
  });
});
