/**
 * The contract of a ledger: the durable record of runs, checkpoints and leases.
 *
 * A run goes claim → heartbeat … checkpoint … → finish. Each write after the claim carries the lease's fencing token
 * and is refused with `LeaseLostError` when a younger token exists: a holder that slept too long cannot do harm.
 *
 * What a crash costs: items settled since the last checkpoint, and those in flight, are worked again; none is lost.
 */

import type { TallyJson } from '../loop/tally.ts';
import type { Cursor, Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';

export interface Trigger {
  /** What started the run. */
  readonly kind: 'schedule' | 'manual' | 'admin' | 'test';
  /** Who, as far as is known. */
  readonly by?: string | undefined;
  /** The time a schedule meant, ISO 8601: a second delivery of the same one is refused. */
  readonly scheduledTime?: string | undefined;
}

export interface ClaimRequest {
  readonly job: string;
  readonly scope: Json;
  readonly trigger: Trigger;
  /** Id for the run, if this becomes a new one. */
  readonly runId: string;
  /** Do not resume an interrupted run, start anew. */
  readonly fresh: boolean;
}

/** How far one loop of a run is. */
export interface LoopState {
  /** One cursor a segment; null: nothing of it is settled yet. */
  readonly cursors: readonly (Cursor | null)[];
  readonly fingerprint: string;
  /** The loop came to its end; a resume passes it by. */
  readonly done: boolean;
}

export interface Checkpoint {
  readonly loops: Readonly<Record<string, LoopState>>;
  /** What came of exactly the items before the cursors. */
  readonly tally: TallyJson;
}

/** Ownership of a run, until it expires. */
export interface Lease {
  readonly runId: string;
  readonly fencingToken: number;
  /** How long one heartbeat keeps it, in ms. */
  readonly ttlMs: number;
}

export type Claim =
  | {
      readonly granted: true;
      readonly lease: Lease;
      /** 1 for a new run, more when it is resumed. */
      readonly attempt: number;
      /** Where the attempt before left off; undefined: at the start. */
      readonly checkpoint: Checkpoint | undefined;
      /** The attempt before did not end by itself. */
      readonly recovered: boolean;
    }
  | {
      readonly granted: false;
      readonly reason: 'overlap' | 'duplicate';
      /** The run that stands in the way. */
      readonly runId: string;
    };

export interface Ledger extends AsyncDisposable {
  /** Asks for the job's lease. Resumes the interrupted run of the same job and scope if there is one. */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Keeps the lease. */
  heartbeat(lease: Lease): Promise<void>;
  /** Saves how far the run is; never moves back. */
  checkpoint(lease: Lease, checkpoint: Checkpoint): Promise<void>;
  /** Ends the attempt: keeps its summary and gives the lease back. */
  finish(lease: Lease, summary: Summary): Promise<void>;
}
