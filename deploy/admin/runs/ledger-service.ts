/**
 * The admin's service, over a ledger and the runs of this process.
 *
 * Runs are excluded from each other by the ledger's lease, wherever they go on: a scheduled one and one that was started here never work at
 * the same time, unless their job allows it. What somebody did is written to the ledger's audit before it is done.
 */
import {
  findJob,
  type Job,
  type Json,
  type Ledger,
  parseScope,
  Redaction,
  RunOverError,
  readRunReport,
  UnknownRunError,
} from '@stint/sdk';
import { isValid, ulid } from 'ulid';
import { AdminError } from '../admin-error.ts';
import type { AdminService, Caller, ListPage, RunsFilter, Started } from '../admin-service.ts';
import type {
  AuditView,
  FailureView,
  JobView,
  RedriveBody,
  ResumeBody,
  RunEvent,
  RunView,
  StartBody,
} from '../schemas.ts';
import { decodeCursor, decodeIdCursor, encodeCursor } from './cursor.ts';
import { toJobView } from './job-views.ts';
import type { LocalRun, LocalRuns, LocalStart } from './local-runs.ts';
import { RunFeed } from './run-feed.ts';
import { toFailureView, toRunView } from './run-views.ts';
import { isEverything, overlapHere } from './start-rules.ts';
import type { TaskRuns } from './task-runs.ts';

export interface LedgerServiceOptions {
  readonly jobs: readonly Job[];
  readonly ledger: Ledger;
  readonly local: LocalRuns;
  /** Starts runs in tasks of their own. @default none: runs go on in this process */
  readonly tasks?: TaskRuns | undefined;
  /** Where a run goes on of which nobody says. @default 'process' */
  readonly target?: JobView['target'];
  /** How often watchers are told, in ms. @default 1_000 */
  readonly tellEveryMs?: number;
  /** Keeps secrets that somebody has put into a scope out of the audit. @default none is known */
  readonly redaction?: Redaction;
}

/** What is to be started, and by whom. */
interface StartOrder {
  readonly job: Job;
  readonly run: LocalStart;
  readonly target: JobView['target'] | undefined;
  readonly by: Caller;
  /** As the audit has it. */
  readonly action: string;
  readonly detail: Readonly<Record<string, Json>>;
  /** The run that it is about. */
  readonly about?: string;
}

const defaultLimit = 20;
/** Of what was taken for the id of a run. */
const longestShown = 40;
/** Runs that are looked through for those that count, with room for dry runs. */
const healthRuns = 40;

export class LedgerService implements AdminService {
  readonly #options: LedgerServiceOptions &
    Required<Pick<LedgerServiceOptions, 'target' | 'tellEveryMs' | 'redaction'>>;
  readonly #feeds = new Map<string, RunFeed>();

  constructor({
    tellEveryMs = 1_000,
    target = 'process',
    redaction = new Redaction([]),
    ...options
  }: LedgerServiceOptions) {
    this.#options = { tellEveryMs, target, redaction, ...options };
  }

  async jobs(): Promise<readonly JobView[]> {
    return await Promise.all(this.#options.jobs.map((job) => this.#view(job)));
  }

  async job(name: string): Promise<JobView> {
    return await this.#view(findJob(this.#options.jobs, name));
  }

  async runs({ job, status, after, limit = defaultLimit }: RunsFilter): Promise<ListPage<RunView>> {
    const { ledger, local } = this.#options;
    const before = after === undefined ? undefined : decodeIdCursor(after);
    const records = await ledger.runs({
      limit: limit + 1,
      ...(job === undefined ? {} : { job: findJob(this.#options.jobs, job).name }),
      ...(status === undefined ? {} : { status }),
      ...(before === undefined ? {} : { before }),
    });
    const shown = records.slice(0, limit).map((record) => toRunView(record, local.get(record.runId)));
    return { items: shown, next: records.length > limit ? encodeCursor(shown.at(-1)?.runId ?? '') : null };
  }

  async run(runId: string): Promise<RunView> {
    return toRunView(await this.#record(runId), this.#options.local.get(runId));
  }

  async report(runId: string): Promise<string> {
    return await readRunReport(this.#options.ledger, await this.#record(runId));
  }

  async failures(
    runId: string,
    {
      error,
      after,
      limit = defaultLimit,
    }: { error?: string | undefined; after?: string | undefined; limit?: number | undefined },
  ): Promise<ListPage<FailureView>> {
    await this.#record(runId);
    const { items, next } = await this.#options.ledger.failures(runId, {
      limit,
      ...(error === undefined ? {} : { error }),
      ...(after === undefined ? {} : { after: decodeCursor(after) }),
    });
    return { items: items.map(toFailureView), next: next === undefined ? null : encodeCursor(next) };
  }

  async audit({
    after,
    limit = defaultLimit,
  }: {
    after?: string | undefined;
    limit?: number | undefined;
  }): Promise<ListPage<AuditView>> {
    const before = after === undefined ? {} : { before: decodeIdCursor(after) };
    const entries = await this.#options.ledger.audits({ limit: limit + 1, ...before });
    const shown = entries.slice(0, limit).map(({ id, at, by, action, job, runId, detail }) => ({
      id,
      at,
      by,
      action,
      job: job ?? null,
      runId: runId ?? null,
      detail,
    }));
    return { items: shown as AuditView[], next: entries.length > limit ? encodeCursor(shown.at(-1)?.id ?? '') : null };
  }

  async start(name: string, { scope, dryRun, limit, target }: StartBody, by: Caller): Promise<Started> {
    const job = findJob(this.#options.jobs, name);
    const parsed = parseScope(job, scope) as Json;
    if (isEverything(parsed) && !job.admin.unscoped)
      throw new AdminError(422, `expected a scope: ${name} may be started here for a part of its records only`, {
        errors: [
          { path: 'scope', message: `expected at least one of ${Object.keys(job.scope.shape).join(', ')}, got none` },
        ],
      });
    const run = { scope: parsed, dryRun, ...(limit === undefined ? {} : { limit }) };
    const detail = { scope: this.#options.redaction.json(parsed), dryRun, limit: limit ?? null };
    return await this.#start({ job, run, target, by, action: 'start', detail });
  }

  async resume(runId: string, { target }: ResumeBody, by: Caller): Promise<Started> {
    const { job: name, scope, status } = await this.#record(runId);
    if (status !== 'running' && status !== 'interrupted') throw new RunOverError(runId, status);
    const job = findJob(this.#options.jobs, name);
    const run = { scope, resumeRun: runId };
    return await this.#start({ job, run, target, by, action: 'resume', detail: { runId }, about: runId });
  }

  async redrive(runId: string, { error, keys, target }: RedriveBody, by: Caller): Promise<Started> {
    const { job: name, scope } = await this.#record(runId);
    const job = findJob(this.#options.jobs, name);
    const redrive = { runId, ...(error === undefined ? {} : { error }), ...(keys === undefined ? {} : { keys }) };
    const detail = { runId, error: error ?? null, keys: keys === undefined ? null : keys.length };
    return await this.#start({ job, run: { scope, redrive }, target, by, action: 'redrive', detail, about: runId });
  }

  async cancel(runId: string, by: Caller): Promise<RunView> {
    const { ledger, local } = this.#options;
    const { job, status } = await this.#record(runId);
    if (status !== 'running' && status !== 'interrupted')
      throw new AdminError(409, `expected a run that goes on or is interrupted, but ${runId} is ${status} already`, {
        runId,
      });
    await this.#note('cancel', by, {}, job, runId);
    await ledger.cancel(runId, by.name);
    const here = local.get(runId);
    local.cancel(runId, by.name);
    if (here === undefined) void this.#feeds.get(runId)?.refresh();
    return await this.run(runId);
  }

  async *watch(
    runId: string,
    { lastEventId, signal }: { readonly lastEventId?: string | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<RunEvent, void> {
    // In turn with others: who comes while the first one looks shares its feed.
    let feed = this.#feeds.get(runId);
    if (feed === undefined) {
      const made = new RunFeed({
        look: () => this.run(runId),
        local: () => this.#options.local.get(runId),
        everyMs: this.#options.tellEveryMs,
        onIdle: () => {
          if (this.#feeds.get(runId) === made) this.#feeds.delete(runId);
        },
      });
      feed = made;
      this.#feeds.set(runId, feed);
    }
    yield* feed.watch(lastEventId, signal);
  }

  /** Tells all watchers how their runs stand now. Never rejects. */
  async tellWatchers(): Promise<void> {
    await Promise.all([...this.#feeds.values()].map((feed) => feed.refresh()));
  }

  async #view(job: Job): Promise<JobView> {
    const runs = await this.#options.ledger.runs({ job: job.name, limit: healthRuns });
    return toJobView(job, { target: this.#options.target, runs, now: new Date() });
  }

  async #record(runId: string) {
    // Anything else no store has, and not every store can be asked for it.
    const record = isValid(runId) ? await this.#options.ledger.run(runId) : undefined;
    const task = record === undefined ? this.#options.tasks?.pendingTask(runId) : undefined;
    if (task !== undefined)
      throw new AdminError(
        404,
        `the run was started as the task ${task}, which has not begun it yet; ask again in a while`,
        {
          runId,
          headers: { 'retry-after': '5' },
        },
      );
    if (record === undefined) throw new UnknownRunError(runId.slice(0, longestShown));
    return record;
  }

  async #start({ job, run, target = this.#options.target, by, action, detail, about }: StartOrder): Promise<Started> {
    const { local, tasks } = this.#options;
    if (target === 'task' && tasks === undefined)
      throw new AdminError(
        422,
        'expected the target process: this admin is not set up to start tasks (STINT_ADMIN_TASK)',
        {
          errors: [{ path: 'target', message: 'expected process, got task' }],
        },
      );
    await this.#note(action, by, { ...detail, target }, job.name, about);
    const start: LocalStart = { ...run, overlap: overlapHere(job), trigger: { kind: 'admin', by: by.name } };
    if (target === 'task' && tasks !== undefined) {
      const { runId, task, ended } = await tasks.start(job.name, start);
      const view = ended.then((record) => toRunView(record, undefined));
      view.catch(() => undefined);
      return { runId, task, ended: view };
    }
    const started = await local.start(job, start);
    const ended = this.#ended(started);
    // Whoever does not wait for it does not handle its failure.
    ended.catch(() => undefined);
    return { runId: started.runId, task: undefined, ended };
  }

  async #ended({ runId, ended }: LocalRun): Promise<RunView> {
    const summary = await ended;
    const record = await this.#options.ledger.run(runId).catch(() => undefined);
    if (record !== undefined) return toRunView(record, undefined);
    throw new AdminError(
      503,
      `run ${runId} has ended${summary === undefined ? '' : ` (${summary.status})`}, but the ledger cannot be asked for it`,
      { runId },
    );
  }

  async #note(action: string, by: Caller, detail: Json, job: string, runId: string | undefined): Promise<void> {
    await this.#options.ledger.audit({
      id: ulid(),
      at: new Date().toISOString(),
      by: by.name,
      action,
      job,
      runId,
      detail,
    });
  }
}
