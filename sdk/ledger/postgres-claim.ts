/**
 * A claim in PostgreSQL: one transaction, that decides alone for its job.
 *
 * Claims of one job wait for each other at the job's row of `jobs`, and keys of leases never cross jobs; the next
 * statement sees what the one before committed. A row, not an advisory lock: it hands out the fencing token too, and RDS
 * Proxy keeps a connection for itself that touches advisory locks or sequences. Runs that the decision hangs on are
 * locked as they are read: no heartbeat of theirs comes between the look at their lease and the commit.
 * Whatever goes wrong here, the unique index on `lease_key` lets one run of it be running.
 */
import { RunOverError, type StintError, UnknownRunError } from '../errors.ts';
import type { Checkpoint, Claim, ClaimRequest, Granted, Refused, RunStatus } from './ledger.ts';
import { attemptsWith } from './postgres-attempts.ts';
import type { Queries } from './postgres-connection.ts';
import { type Tables, toText } from './postgres-tables.ts';
import { storedTrigger } from './postgres-trigger.ts';
import { msInterval } from './postgres-writes.ts';
import { identityOf, leaseKeyOf, occasionOf } from './run-identity.ts';

interface FoundRun {
  readonly run_id: string;
  readonly job: string;
  readonly dry_run: boolean;
  readonly definition: string;
  readonly status: RunStatus;
  readonly held: boolean;
  readonly crashed: boolean;
  readonly recovered: boolean;
  readonly attempt: number;
  readonly token: string | null;
  readonly lease_key: string;
  readonly ttl_ms: number;
  readonly cancelled_by: string | null;
  readonly checkpoint: Checkpoint | null;
}

const columns = `run_id, job, dry_run, definition, status, crashed, recovered, attempt, token, lease_key, ttl_ms,
  cancelled_by, checkpoint, coalesce(status = 'running' and lease_until > clock_timestamp(), false) as held`;

/** Errors are returned, not thrown: what the claim found out about other runs is committed all the same. */
export async function decideClaim(
  queries: Queries,
  tables: Tables,
  request: ClaimRequest,
  ttlMs: number,
): Promise<Claim | StintError> {
  return new ClaimDecision(queries, tables, request, ttlMs).decide();
}

class ClaimDecision {
  readonly #queries: Queries;
  readonly #tables: Tables;
  readonly #request: ClaimRequest;
  readonly #ttlMs: number;

  constructor(queries: Queries, tables: Tables, request: ClaimRequest, ttlMs: number) {
    this.#queries = queries;
    this.#tables = tables;
    this.#request = request;
    this.#ttlMs = ttlMs;
  }

  async decide(): Promise<Claim | StintError> {
    const request = this.#request;
    const token = await this.#lockJob();
    const same = await this.#find(`claim_id = $1 and job = $2 and status = 'running'`, [request.runId, request.job]);
    if (same?.held) return grantOf(same);

    const resumed = await this.#choose();
    if (resumed instanceof Error) return resumed;
    const leaseKey = leaseKeyOf({ ...request, runId: resumed?.run_id ?? request.runId });
    const duplicate = await this.#findDuplicate(resumed);
    if (duplicate !== undefined) return duplicate;
    if (resumed?.held) return refusal('overlap', resumed);
    const holder = await this.#find(`lease_key = $1 and status = 'running'`, [leaseKey]);
    if (holder?.held) return refusal('overlap', holder);
    if (holder !== undefined && holder.run_id !== resumed?.run_id) await this.#fence(holder);

    const granted = await (resumed === undefined ? this.#begin(leaseKey, token) : this.#goOn(resumed, leaseKey, token));
    await this.#noteScheduledTime(granted);
    return granted;
  }

  /** Waits until no other claim of the job is under way; the token is greater than any before. */
  async #lockJob(): Promise<number> {
    const [row] = await this.#queries.query<{ last_token: string }>(
      `insert into ${this.#tables.jobs} as job (job, last_token) values ($1, 1)
       on conflict (job) do update set last_token = job.last_token + 1 returning last_token`,
      [toText(this.#request.job)],
    );
    return Number(row?.last_token);
  }

  /** The run to go on with; undefined: a new one. */
  async #choose(): Promise<FoundRun | undefined | UnknownRunError | RunOverError> {
    const { runId, resume, dryRun, job } = this.#request;
    // Begun by this claim, whose answer was lost, or came too late to keep the lease.
    const own = await this.#find('run_id = $1 and job = $2', [runId, job]);
    if (own !== undefined) return unlessOver(own);
    if (dryRun || resume === 'none') return undefined;
    if (resume === 'last') {
      const last = await this.#find('identity = $1 and not dry_run order by first_token desc limit 1', [
        identityOf(this.#request),
      ]);
      return last !== undefined && isUnfinished(last) ? last : undefined;
    }
    const named = await this.#find('run_id = $1 and job = $2 and not dry_run', [resume.runId, job]);
    return named === undefined ? new UnknownRunError(resume.runId) : unlessOver(named);
  }

  async #findDuplicate(resumed: FoundRun | undefined): Promise<Refused | undefined> {
    const occasion = occasionOf(this.#request);
    if (occasion === undefined) return undefined;
    const earlier = await this.#find(
      `run_id = (select run_id from ${this.#tables.scheduled} where job = $1 and scheduled_time = $2)`,
      [this.#request.job, occasion],
    );
    if (earlier === undefined) return undefined;
    return earlier.held || earlier.run_id !== resumed?.run_id ? refusal('duplicate', earlier) : undefined;
  }

  /** Reads a run and locks it. One whose end was asked for, and that nobody works on, is ended first. */
  async #find(condition: string, values: readonly string[]): Promise<FoundRun | undefined> {
    const [run] = await this.#queries.query<FoundRun>(
      `select ${columns} from ${this.#tables.runs} where ${condition} for no key update`,
      values.map(toText),
    );
    if (run === undefined || run.held || run.cancelled_by === null || !isUnfinished(run)) return run;
    await this.#end(run, 'cancelled');
    return { ...run, status: 'cancelled' };
  }

  /** From here on nothing that the holder before writes is taken. */
  async #fence(holder: FoundRun): Promise<void> {
    await this.#end(holder, 'interrupted');
  }

  async #end({ run_id, status: before }: FoundRun, status: 'interrupted' | 'cancelled'): Promise<void> {
    const wasRunning = before === 'running';
    await this.#queries.query(
      `update ${this.#tables.runs} set status = $2, crashed = crashed or $3, lease_until = null,
         token = case when $3 then null else token end,
         finished_at = case when $2 = 'cancelled' then clock_timestamp() end
       where run_id = $1`,
      [run_id, status, wasRunning],
    );
  }

  async #begin(leaseKey: string, token: number): Promise<Granted> {
    const { runId, job, scope, shard, trigger, dryRun, redriveOf, definition, holder } = this.#request;
    const [run] = await this.#queries.query<FoundRun>(
      `insert into ${this.#tables.runs} (run_id, claim_id, job, identity, first_token, token, lease_key, scope, trigger,
         dry_run, redrive_of, definition, holder, ttl_ms, lease_until, status, attempts)
       values ($1, $1, $2, $3, $4, $4, $5, $6::json, $7::json, $8, $9, $10, $11, $12,
         clock_timestamp() + ${msInterval('$12')}, 'running', ${attemptsWith("'[]'::jsonb", '1', '$11', '0')})
       returning ${columns}`,
      [
        toText(runId),
        toText(job),
        identityOf(this.#request),
        token,
        leaseKey,
        JSON.stringify(scope),
        JSON.stringify(storedTrigger(trigger, shard)),
        dryRun,
        redriveOf,
        definition,
        toText(holder),
        this.#ttlMs,
      ],
    );
    return grantOf(run as FoundRun);
  }

  async #goOn(resumed: FoundRun, leaseKey: string, token: number): Promise<Granted> {
    const [run] = await this.#queries.query<FoundRun>(
      `update ${this.#tables.runs} set status = 'running', recovered = (status = 'running' or crashed), crashed = false,
         attempt = attempt + 1, attempts = ${attemptsWith('attempts', 'attempt + 1', '$4', 'checkpoint_seq')}, token = $2, claim_id = $3, holder = $4, lease_key = $5, ttl_ms = $6,
         lease_until = clock_timestamp() + ${msInterval('$6')}, updated_at = clock_timestamp()
       where run_id = $1 returning ${columns}`,
      [resumed.run_id, token, toText(this.#request.runId), toText(this.#request.holder), leaseKey, this.#ttlMs],
    );
    return grantOf(run as FoundRun);
  }

  async #noteScheduledTime({ lease }: Granted): Promise<void> {
    const occasion = occasionOf(this.#request);
    if (occasion === undefined) return;
    await this.#queries.query(
      `insert into ${this.#tables.scheduled} (job, scheduled_time, run_id) values ($1, $2, $3)
       on conflict (job, scheduled_time) do nothing`,
      [toText(this.#request.job), toText(occasion), lease.runId],
    );
  }
}

function isUnfinished({ status }: FoundRun): boolean {
  return status === 'running' || status === 'interrupted';
}

function unlessOver(run: FoundRun): FoundRun | RunOverError {
  return isUnfinished(run) ? run : new RunOverError(run.run_id, run.status);
}

function refusal(reason: Refused['reason'], { run_id }: FoundRun): Refused {
  return { granted: false, reason, runId: run_id, sighting: undefined };
}

function grantOf(run: FoundRun): Granted {
  return {
    granted: true,
    lease: { runId: run.run_id, key: run.lease_key, fencingToken: Number(run.token), ttlMs: run.ttl_ms },
    attempt: run.attempt,
    checkpoint: run.checkpoint ?? undefined,
    recovered: run.recovered,
    definition: run.definition,
  };
}
