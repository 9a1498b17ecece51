/** For tests only: what every ledger has to do. Each store's test opens its stand, and passes all of it. */
import { describe } from 'mocha';
import type { Ledger, LedgerOptions } from '../ledger.ts';
import { describeAttempts } from './conformance-attempts.ts';
import { describeAudit } from './conformance-audit.ts';
import { describeClaims } from './conformance-claims.ts';
import { describeReading } from './conformance-reading.ts';
import { describeSeries } from './conformance-series.ts';
import { describeShards } from './conformance-shards.ts';
import { describeWrites } from './conformance-writes.ts';

/** A store with nothing in it. */
export interface LedgerStand extends AsyncDisposable {
  /** Opens the ledger once more on the same data, as another task would; closed with the stand. */
  open(options?: LedgerOptions): Promise<Ledger>;
  /** Lets so much time go by, for leases and for what is kept. */
  pass(ms: number): Promise<void>;
  /** The store removes what is too old by itself, some time later: `prune` has nothing to do. */
  readonly removesByItself?: boolean;
}

export type OpenStand = () => Promise<LedgerStand>;

export function describeLedger(name: string, openStand: OpenStand): void {
  describe(`the ledger in ${name}`, () => {
    describeClaims(openStand);
    describeShards(openStand);
    describeWrites(openStand);
    describeReading(openStand);
    describeAttempts(openStand);
    describeAudit(openStand);
    describeSeries(openStand);
  });
}
