/** What ledgers are opened with, with defaults in place. */
import { StintError } from '../errors.ts';
import type { LedgerOptions } from './ledger.ts';

const dayMs = 24 * 60 * 60 * 1_000;

export function resolveLedgerOptions({
  leaseTtlMs = 60_000,
  retentionMs = 30 * dayMs,
}: LedgerOptions = {}): Required<LedgerOptions> {
  for (const [name, value] of Object.entries({ leaseTtlMs, retentionMs })) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new StintError(
      'STINT_LEDGER_OPTION',
      `expected ${name} of the ledger to be a positive number of ms, got ${value}`,
    );
  }
  return { leaseTtlMs, retentionMs };
}
