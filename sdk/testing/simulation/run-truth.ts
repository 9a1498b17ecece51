/** What an all-seeing observer knows of a run. */
import type { Checkpoint, FailedItem } from '../../ledger/ledger.ts';
import type { JobPlan, LoopPlan } from './plan.ts';

/** One attempt at a run, as it was granted. */
export interface Attempt {
  readonly run: RunTruth;
  readonly token: number;
  readonly number: number;
  readonly leaseKey: string;
  readonly resume: Checkpoint | undefined;
  readonly recovered: boolean;
  /** Items whose handlers were invoked. */
  readonly started: Set<string>;
  /** Those that are in flight. */
  readonly open: Set<string>;
  /** Its end is in the ledger. */
  ended: boolean;
}

export interface RunTruth {
  readonly runId: string;
  readonly name: string;
  readonly job: JobPlan;
  readonly part: number;
  readonly attempts: Attempt[];
  /** Items whose handlers ended: returned, or threw something final. */
  readonly done: Set<string>;
  readonly performed: Map<string, number>;
  /** What the ledger has to know of failed items. */
  readonly failures: Map<string, FailedItem>;
  readonly counted: { succeeded: number; skipped: number; failed: number; quarantined: number };
  token: number;
  saved: Checkpoint | undefined;
  status: string;
  /** A later start was told not to go on with it. */
  passedBy: boolean;
}

export const idOf = (loop: string, item: number) => `${loop}/key-${item}`;

export function isOpen(status: string): boolean {
  return status === 'running' || status === 'interrupted';
}

/** Whether an item lies before the cursor of its segment. */
export function isInPrefix(loop: LoopPlan, cursors: Checkpoint['loops'][string]['cursors'], item: number): boolean {
  const size = Math.ceil(loop.kinds.length / loop.segments);
  const cursor = cursors[Math.floor(item / size)];
  return cursor !== null && cursor !== undefined && item <= Number(cursor);
}
