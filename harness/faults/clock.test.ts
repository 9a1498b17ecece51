/** Processes whose wall clocks are ten minutes off, either way: leases do not care. */

import { expect } from 'chai';
import { describe } from 'mocha';
import { until } from '../testing/until.ts';
import { bookedOnce, type LedgerKind, ledgerKinds, openInvoiceWorld, summaryOf } from './testing/invoice-world.ts';
import { together } from './testing/together.ts';

const invoices = 60;
const leaseTtlMs = 3_000;
const patienceMs = 30_000;
const tenMinutes = 600_000;
const preload = new URL('testing/shift-date.ts', import.meta.url);
const nameOf: Readonly<Record<LedgerKind, string>> = { postgres: 'PostgreSQL', dynamodb: 'DynamoDB' };

const shifted = (ms: number) => ({ NODE_OPTIONS: `--import=${preload}?ms=${ms}` });

async function isNotTaken(ledger: LedgerKind, shiftMs: number): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices, leaseTtlMs });
  world.gate.closeAfter(20);
  const holder = world.start();
  await until('the holder to be at work', () => world.gate.held === 8, patienceMs);
  const other = world.start({ env: shifted(shiftMs) });
  const refused = await summaryOf(other);
  expect(refused).to.include({ status: 'refused' });
  // The clock was really off.
  expect(Date.parse(refused.startedAt) - Date.now()).to.be.closeTo(shiftMs, 60_000);
  world.gate.open();
  expect(await summaryOf(holder)).to.include({ status: 'succeeded', attempt: 1 });
  expect(world.provider.calls.count()).to.equal(invoices);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
}

async function isRecovered(ledger: LedgerKind, shiftMs: number, otherMs: number): Promise<void> {
  await using world = await openInvoiceWorld({ ledger, invoices, leaseTtlMs });
  world.gate.closeAfter(20);
  const holder = world.start({ env: shifted(shiftMs) });
  await until('the holder to be at work', () => world.gate.held === 8, patienceMs);
  holder.process.kill('SIGKILL');
  const killedMs = performance.now();
  world.gate.open();
  const summary = await summaryOf(world.start({ env: shifted(otherMs), persistent: true }));
  expect(summary).to.include({ status: 'succeeded', attempt: 2 });
  expect(summary.resume).to.include({ recovered: true });
  expect(summary.items).to.include({ read: invoices, remaining: 0, failed: 0, quarantined: 0 });
  // Neither before the lease had expired, counted from its last heartbeat, nor minutes after.
  const tookMs = performance.now() - killedMs;
  expect(tookMs).to.be.within(leaseTtlMs / 2, patienceMs);
  expect(await world.bookings()).to.deep.equal(bookedOnce(invoices));
}

describe('a wall clock that is ten minutes off', () => {
  together(
    Object.fromEntries(
      ledgerKinds.flatMap((kind) => [
        [`takes no lease that is alive when it is fast (${nameOf[kind]})`, () => isNotTaken(kind, tenMinutes)],
        [`takes no lease that is alive when it is slow (${nameOf[kind]})`, () => isNotTaken(kind, -tenMinutes)],
        [
          `is in no one’s way when the holder’s was fast and the next one’s is slow (${nameOf[kind]})`,
          () => isRecovered(kind, tenMinutes, -tenMinutes),
        ],
        [
          `is in no one’s way when the holder’s was slow and the next one’s is fast (${nameOf[kind]})`,
          () => isRecovered(kind, -tenMinutes, tenMinutes),
        ],
      ]),
    ),
  );
});
