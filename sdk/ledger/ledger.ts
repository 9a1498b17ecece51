/**
 * The contract of a ledger: the durable record of runs, checkpoints, leases and failed items.
 *
 * A run goes claim → heartbeat … checkpoint … → finish, and again from claim when it was interrupted or crashed.
 *
 * States of a run:
 *   running      an attempt has it, or had it when its process died: the lease tells
 *   interrupted  stopped by infrastructure; the next start of the same job and scope goes on with it
 *   succeeded, failed, cancelled   final
 *
 * Guarantees, of every store (`conformance.ts` holds them to it):
 * - Of claims that exclude each other one holds the lease at a time; a new one gets a greater fencing token.
 * - After a claim took a lease over, nothing that the holder before writes is taken: `LeaseLostError`. So a process that
 *   slept through the end of its lease can do no harm.
 * - A job's scheduled time starts one run, or one of each shard. A second delivery of it is a duplicate, unless its run was
 *   interrupted or crashed: then it goes on with that run.
 * - A checkpoint is saved whole, with the failures before its cursors, or not at all; an older one never replaces it,
 *   however late its write arrives.
 * - Each call may be repeated when its answer was lost: a claim with the same `runId`, a checkpoint with the same `seq`,
 *   a finish with the same lease do nothing the second time and answer as the first time.
 * - No wall clock of a task is trusted: PostgreSQL's own clock tells whether a lease has expired; DynamoDB has none, so
 *   there a contender has to see a lease stand still for its whole `ttlMs` (`Sighting`).
 *
 * What a crash costs (the loss bound): no item is lost; worked twice are at most the items in flight and those
 * settled since the last checkpoint.
 *
 * Does not guarantee that the lease's holder knows that it lost it: it must stop by itself (`lease-keeper.ts`).
 */
import type { TallyJson } from '../loop/tally.ts';
import type { RunSeries } from '../report/run-series.ts';
import type { Shard } from '../shard.ts';
import type { Cursor, Json } from '../sources/source.ts';
import type { Summary } from '../summary.ts';
import type { AttemptRecord } from './attempts.ts';
import type { AuditEntry, AuditQuery } from './audit.ts';
import type { FailedItem } from './failed-item.ts';

export type { FailedItem, HttpExchange } from './failed-item.ts';

export interface Trigger {
  /** What started the run. */
  readonly kind: 'schedule' | 'manual' | 'admin' | 'test';
  /** Who, as far as is known. */
  readonly by?: string | undefined;
  /** The time a schedule meant, ISO 8601: a second delivery of the same one is refused. */
  readonly scheduledTime?: string | undefined;
}

/**
 * What a run excludes while it goes on: any other run of its job, those of the same job, scope and shard, or nothing.
 * It is what the lease is named after.
 */
export type Exclusive = 'job' | 'scope' | 'nothing';

/** Which unfinished run a start goes on with: the last one of the same job, scope and shard, a certain one, or none. */
export type ResumeChoice = 'last' | 'none' | { readonly runId: string };

export interface ClaimRequest {
  readonly job: string;
  readonly scope: Json;
  /** @default everything */
  readonly shard?: Shard | undefined;
  readonly trigger: Trigger;
  /** Names this start, and the run if it becomes a new one. A repeated claim with the same one is the same claim. */
  readonly runId: string;
  readonly exclusive: Exclusive;
  readonly resume: ResumeChoice;
  /** Kept apart: a dry run neither goes on with another run, nor is gone on with, nor uses a scheduled time up. */
  readonly dryRun: boolean;
  /** The run whose failed items this one works again, and which (`redrive.ts`). Kept apart from runs that read the source. */
  readonly redriveOf: string | undefined;
  /** Hash of what a checkpoint depends on besides its sources: the schema of the scope. */
  readonly definition: string;
  /** Where this process runs, for people, and for `Sighting.holder`. */
  readonly holder: string;
  /** A lease that the contender has seen stand still for its whole ttl, or whose holder is known to be gone. */
  readonly expired?: Sighting | undefined;
}

/** What can be seen of a lease in a store without a clock. Two equal sightings: no heartbeat came in between. */
export interface Sighting {
  readonly leaseKey: string;
  readonly fencingToken: number;
  /** Counts heartbeats. */
  readonly beat: number;
  readonly ttlMs: number;
  readonly holder: string;
}

/** How far one loop of a run is. */
export interface LoopState {
  /** One cursor a segment; null: nothing of it is settled yet. */
  readonly cursors: readonly (Cursor | null)[];
  readonly fingerprint: string;
  /** The loop came to its end; a resume passes it by. */
  readonly done: boolean;
  /** For each segment, how many items behind its cursor may have been started by the time of the next checkpoint. */
  readonly suspects: readonly number[];
}

/** An item that is about to be started alone, because it may be the one that ended the process. */
export interface Mark {
  readonly loop: string;
  readonly key: string;
}

export interface Checkpoint {
  /** Number of this checkpoint in its run, over all attempts, from 1. */
  readonly seq: number;
  readonly loops: Readonly<Record<string, LoopState>>;
  /** What came of exactly the items before the cursors. */
  readonly tally: TallyJson;
  /** Items settled beyond the cursors at that time: a resume works them again. */
  readonly beyond: number;
  /** Items that were worked twice so far, as far as is known, and at most. */
  readonly replayed: { readonly known: number; readonly atMost: number };
  readonly mark: Mark | null;
  /** An attempt before this one crashed, and not all that it may have had in flight was worked yet. */
  readonly suspicious: boolean;
}

/** What a checkpoint writes. */
export interface Save {
  readonly checkpoint: Checkpoint;
  /** Items that came to lie before the cursors since the last saved checkpoint, and had failed. */
  readonly failures: readonly FailedItem[];
}

/** What the end of an attempt writes. */
export interface End extends Save {
  readonly summary: Summary;
  /** The run is not over: the next start goes on with it (`interrupted`), whatever the summary calls this attempt. */
  readonly resumable: boolean;
  /** How the attempt went over its time, for charts. @default none is kept */
  readonly series?: RunSeries;
}

/** Ownership of a run, until it expires. */
export interface Lease {
  readonly runId: string;
  /** What the lease excludes others from. */
  readonly key: string;
  readonly fencingToken: number;
  /** How long a claim or heartbeat keeps it, in ms. */
  readonly ttlMs: number;
}

export type Claim = Granted | Refused;

export interface Granted {
  readonly granted: true;
  readonly lease: Lease;
  /** 1 for a new run, more when it is resumed. */
  readonly attempt: number;
  /** Where the attempt before left off; undefined: at the start. */
  readonly checkpoint: Checkpoint | undefined;
  /** The attempt before did not end by itself: its process died, or its lease ran out. */
  readonly recovered: boolean;
  /** `definition` of the attempt that began the run. */
  readonly definition: string;
}

export interface Refused {
  readonly granted: false;
  /** The lease is another's, or the scheduled time was used already. */
  readonly reason: 'overlap' | 'duplicate';
  /** The run that stands in the way. */
  readonly runId: string;
  /**
   * What was seen of that run's lease, in a store that cannot tell whether it has expired: when it stands still for its
   * ttl, claim again with it as `expired`. Undefined: the refusal is final for now.
   */
  readonly sighting: Sighting | undefined;
}

export type RunStatus = 'running' | 'interrupted' | 'succeeded' | 'failed' | 'cancelled';

/** A run, as the ledger knows it. */
export interface RunRecord {
  readonly runId: string;
  readonly job: string;
  readonly scope: Json;
  /** Left out: it works everything. */
  readonly shard?: Shard;
  readonly trigger: Trigger;
  readonly dryRun: boolean;
  /** `parseRedrive` reads it. */
  readonly redriveOf: string | undefined;
  readonly status: RunStatus;
  /** Whether a running run's process still keeps its lease; undefined: not running, or the store cannot tell. */
  readonly leaseHeld: boolean | undefined;
  readonly attempt: number;
  /** Oldest first: the last 50, fewer where they take more than 32 KB in DynamoDB. Of runs begun before Stint kept them: none. */
  readonly attempts: readonly AttemptRecord[];
  readonly holder: string;
  /** Of the first attempt; ISO 8601, by the store's clock where it has one. */
  readonly startedAt: string;
  readonly updatedAt: string;
  /** Undefined: it is not over. */
  readonly finishedAt: string | undefined;
  /** Who asked for its end. */
  readonly cancelledBy: string | undefined;
  readonly checkpoint: Checkpoint | undefined;
  /** Of the last attempt that ended. */
  readonly summary: Summary | undefined;
}

export interface RunsQuery {
  /** @default all jobs */
  readonly job?: string;
  /** @default any */
  readonly status?: RunStatus;
  /**
   * Only runs that began before this one, of whatever job and status it is: the last of a page gives the page after it.
   * A run that is not there (any more) has none before it. @default from the newest
   */
  readonly before?: string;
  /** The newest so many. @default 20 */
  readonly limit?: number;
}

export interface FailuresQuery {
  /** Only those whose error has this name or code. @default all */
  readonly error?: string;
  /** `next` of the page before. @default the first page */
  readonly after?: Json;
  /** @default 100 */
  readonly limit?: number;
}

/** A page of failed items, in an order that stays the same once the run is over. */
export interface FailuresPage {
  readonly items: readonly FailedItem[];
  /** Where the next page begins; undefined: there is none. */
  readonly next: Json | undefined;
}

export interface Ledger extends AsyncDisposable {
  /**
   * Asks for the lease. Goes on with an unfinished run, or begins a new one.
   * @throws UnknownRunError, RunOverError when `resume` names a run that is not there, or is over
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Keeps the lease; tells who asked for the end of the run, if somebody did. @throws LeaseLostError */
  heartbeat(lease: Lease): Promise<{ readonly cancelledBy: string | undefined }>;
  /** Saves how far the run is. @throws LeaseLostError */
  checkpoint(lease: Lease, save: Save): Promise<void>;
  /** Ends the attempt and gives the lease back, in one write. @throws LeaseLostError */
  finish(lease: Lease, end: End): Promise<void>;

  /** Newest first. */
  runs(query?: RunsQuery): Promise<readonly RunRecord[]>;
  run(runId: string): Promise<RunRecord | undefined>;
  /** Failed items of a run; of one that still goes on, those before its last checkpoint. */
  failures(runId: string, query?: FailuresQuery): Promise<FailuresPage>;
  /**
   * How a run went over its time: a series of each of its last 10 attempts, oldest first. It is kept with an attempt's end,
   * so one that is going on has none, nor has one whose process died. Gone with the run.
   */
  series(runId: string): Promise<readonly RunSeries[]>;
  /**
   * Asks for the end of a run: its process hears of it with its next heartbeat. A run that nobody works on is ended here
   * and now. Does nothing to a run that is over.
   * @throws UnknownRunError
   */
  cancel(runId: string, by: string): Promise<void>;
  /** Keeps who did what, as `audit.ts` says. @throws StintError when its id is no ULID */
  audit(entry: AuditEntry): Promise<void>;
  /** The greatest id first. */
  audits(query?: AuditQuery): Promise<readonly AuditEntry[]>;
  /**
   * Removes runs, with their failures and scheduled times, that ended or last gave a sign of life longer ago than is kept,
   * and what was kept of who did what for as long.
   */
  prune(): Promise<void>;
}

/** What every store of a ledger is opened with. */
export interface LedgerOptions {
  /** How long a claim or heartbeat keeps a lease, in ms. @default 60_000 */
  readonly leaseTtlMs?: number;
  /** How long runs and failures are kept after the last sign of life, and who did what, in ms. @default 30 days */
  readonly retentionMs?: number;
}
