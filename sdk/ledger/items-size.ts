/** What fits into an item: DynamoDB takes 400 KB, and a run's item holds a scope, a checkpoint, a summary and attempts at once. */
import { StintError } from '../errors.ts';

const mostBytes = {
  scope: 48_000,
  choice: 44_000,
  checkpoint: 200_000,
  summary: 100_000,
  'failed item': 350_000,
};

/** Of attempts the oldest are let go of. */
export const mostAttemptsBytes = 32_000;

/** @throws StintError naming what is too large */
export function checkSizes(texts: Readonly<Partial<Record<keyof typeof mostBytes, string>>>): void {
  for (const [name, text] of Object.entries(texts)) {
    const most = mostBytes[name as keyof typeof mostBytes];
    const bytes = Buffer.byteLength(text);
    if (bytes <= most) continue;
    throw new StintError(
      'STINT_LEDGER_TOO_LARGE',
      `expected the ${name} of a run to take at most ${most} bytes in DynamoDB, got ${bytes}; ${remedies[name] ?? 'keep less in it'}`,
    );
  }
}

const remedies: Readonly<Record<string, string>> = {
  scope: 'pass a reference to what is large instead',
  choice: 'redrive fewer items at once, or choose them by their error',
  checkpoint: 'use fewer segments, or keep the ledger in PostgreSQL',
  summary: 'count under fewer names (item.count, item.skip), or keep the ledger in PostgreSQL',
};
