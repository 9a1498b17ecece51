/**
 * Invoices are charged at a provider and booked in PostgreSQL by processes that are killed again and again: each is
 * charged once, by its idempotency key, and booked once, by its marker.
 */
import { expect } from 'chai';
import { describe } from 'mocha';
import { until } from '../testing/until.ts';
import {
  bookedOnce,
  type InvoiceWorld,
  type LedgerKind,
  ledgerKinds,
  openInvoiceWorld,
  summaryOf,
} from './testing/invoice-world.ts';
import { together } from './testing/together.ts';

const invoices = 400;
// Beyond this many calls after each start, in turn: at its first steps, and in the midst of its work.
const callsUntilKill = [5, 90, 30, 12, 140, 60];
const kills = callsUntilKill.length;
const leaseTtlMs = 1_000;
const patienceMs = 30_000;
const perLedger: Readonly<Record<LedgerKind, string>> = { postgres: 'PostgreSQL', dynamodb: 'DynamoDB' };

/** The keys that the provider was called with, for each invoice. */
function chargesOf({ provider }: InvoiceWorld): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const [key, { invoice }] of Object.entries(provider.state.charged)) {
    keys.set(invoice, [...(keys.get(invoice) ?? []), key]);
  }
  return keys;
}

function expectChargedOnce(world: InvoiceWorld, count: number): void {
  const charges = chargesOf(world);
  expect(charges.size).to.equal(count);
  for (const [invoice, keys] of charges) expect(keys, invoice).to.have.length(1);
}

async function markersOf({ sql }: InvoiceWorld): Promise<number> {
  const [row] = await sql<{ count: number }>('select count(*)::int as count from stint.done_items');
  return row?.count ?? Number.NaN;
}

async function isKilled(ledger: LedgerKind): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices, leaseTtlMs, latencyMs: 3 });
  const calls = () => world.provider.calls.count();
  for (const more of callsUntilKill) {
    const before = calls();
    const program = world.start({ persistent: true });
    await until('the process to charge', () => calls() >= before + more, patienceMs);
    program.process.kill('SIGKILL');
    expect(await program.ended).to.include({ signal: 'SIGKILL' });
  }
  const summary = await summaryOf(world.start({ persistent: true }));
  expect(summary).to.include({ status: 'succeeded', exitCode: 0, attempt: kills + 1 });
  expect(summary.items).to.include({ read: invoices, failed: 0, remaining: 0 });
  // A kill amid the suspects of the one before puts the item aside that was in flight.
  const { quarantined } = summary.items;
  expect(quarantined).to.be.below(kills);
  expectChargedOnce(world, invoices);
  expect(Object.keys(await world.bookings())).to.have.length(invoices - quarantined);
  if (quarantined > 0) {
    const redriven = await summaryOf(world.start({ options: { redrive: { runId: summary.runId } } }));
    expect(redriven.items).to.include({ read: quarantined, succeeded: quarantined });
  }
  // Otherwise the test would say nothing: some were charged again, and some were booked and worked again.
  expect(calls()).to.be.above(invoices);
  expectChargedOnce(world, invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
  expect(await markersOf(world)).to.equal(0);
}

const poison = '0030';
const poisonInvoices = 60;

async function isPoisoned(ledger: LedgerKind): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices: poisonInvoices, leaseTtlMs });
  const env = { POISON_INVOICE: poison };
  for (let start = 1; start <= 2; start++) {
    const { signal } = await world.start({ env, persistent: true }).ended;
    expect(signal).to.equal('SIGKILL');
  }
  const summary = await summaryOf(world.start({ env, persistent: true }));
  expect(summary).to.include({ status: 'succeeded', exitCode: 0, attempt: 3 });
  expect(summary.items).to.include({ read: poisonInvoices, failed: 0, quarantined: 1, remaining: 0 });
  const { items } = await world.ledger.failures(summary.runId);
  expect(items.map(({ key, outcome, error }) => [key, outcome, error.code])).to.deep.equal([
    [poison, 'quarantined', 'STINT_QUARANTINED'],
  ]);
  const { [poison]: _, ...others } = bookedOnce(poisonInvoices);
  expect(await world.bookings()).to.deep.equal(others);
  const [key] = chargesOf(world).get(poison) ?? [];

  const before = world.provider.calls.count();
  const redriven = await summaryOf(world.start({ options: { redrive: { runId: summary.runId } } }));
  expect(redriven).to.include({ status: 'succeeded', exitCode: 0, attempt: 1 });
  expect(redriven.redriveOf?.runId).to.equal(summary.runId);
  expect(redriven.items).to.include({ read: 1, succeeded: 1 });
  // The provider was asked once more, with the key that it knows.
  expect(world.provider.calls.count()).to.equal(before + 1);
  expect(chargesOf(world).get(poison)).to.deep.equal([key]);
  expectChargedOnce(world, poisonInvoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(poisonInvoices));
  expect(await markersOf(world)).to.equal(0);
}

describe('invoices that are charged by processes which die', () => {
  together(
    Object.fromEntries(
      ledgerKinds.flatMap((kind) => [
        [`are charged and booked once after ${kills} kills (ledger in ${perLedger[kind]})`, () => isKilled(kind)],
        [
          `are worked but the one that ends its process, which a redrive charges with the same key (${perLedger[kind]})`,
          () => isPoisoned(kind),
        ],
      ]),
    ),
  );
});
