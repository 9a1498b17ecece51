/**
 * A program that sweeps a case, to be run with a mutant of the SDK: `node --import <mutateBy(name)> sweep-mutant.ts <options as JSON>`.
 *
 * Prints the report as one JSON document; when the case does not even end as it should with nothing in its way, `{ refused }` with why.
 */

import { jobs } from '@stint/jobs/registry';
import { findJob } from '@stint/sdk';
import { loadCase } from '../../fixture/index.ts';
import type { StackAddress } from '../../stack/attach-stack.ts';
import { attachStack } from '../../stack/attach-stack.ts';
import type { PointKind } from '../point.ts';
import type { LedgerKind } from '../site.ts';
import { sweep } from '../sweep.ts';
import { SweepError } from '../sweep-error.ts';
import { bookSlowly, pollSlowly } from './slow-jobs.ts';

export interface MutantSweep {
  readonly stack: StackAddress;
  /** The case's folder. */
  readonly directory: string;
  readonly job: string;
  readonly kinds: readonly PointKind[];
  readonly ledger?: LedgerKind;
  readonly only?: readonly string[];
  readonly points?: number | 'all';
}

const { stack: address, directory, job, ...options } = JSON.parse(process.argv[2] ?? '') as MutantSweep;
await using stack = attachStack(address);
try {
  const testCase = await loadCase(directory);
  const report = await sweep({ stack, testCase, job: findJob([...jobs, pollSlowly, bookSlowly], job), ...options });
  console.log(JSON.stringify({ report: { ...report, trials: [] } }));
} catch (error) {
  if (!(error instanceof SweepError)) throw error;
  console.log(JSON.stringify({ refused: error.message }));
}
