/**
 * Runs in tasks of their own: started by the admin, and from then on known by the ledger alone.
 *
 * Guarantees: a start is a new run, under an id that is known before its task begins; only `resume` goes on with one that was interrupted. Its end
 * is told by the ledger; a task that has stopped without beginning is an error that says why.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson, type Json, type RunRecord, type Trigger } from '@stint/sdk';
import { ulid } from 'ulid';
import { AdminError } from '../admin-error.ts';
import type { LocalStart } from './local-runs.ts';
import type { TaskStarter } from './task-starter.ts';

export interface TaskRunsOptions {
  readonly starter: TaskStarter;
  /** What the ledger has of a run. */
  readonly look: (runId: string) => Promise<RunRecord | undefined>;
  /** Ends all waiting. */
  readonly closing: AbortSignal;
  /** How often the ledger is asked, in ms. @default 2_000 */
  readonly lookEveryMs?: number;
}

export interface TaskRun {
  readonly runId: string;
  readonly task: string;
  /** Resolves when the ledger has its end. @throws AdminError 502 when its task stopped before it began, 503 when the admin is stopped */
  readonly ended: Promise<RunRecord>;
}

/** How many tasks are remembered that have not begun. */
const mostPending = 1_000;

export class TaskRuns {
  readonly #options: Required<TaskRunsOptions>;
  /** The tasks of runs that the ledger does not have yet, by run. */
  readonly #pending = new Map<string, string>();

  constructor({ lookEveryMs = 2_000, ...options }: TaskRunsOptions) {
    this.#options = { lookEveryMs, ...options };
  }

  /** The task that is to begin a run; undefined: none that is known here. */
  pendingTask(runId: string): string | undefined {
    return this.#pending.get(runId);
  }

  /** @throws AdminError 422, 502 */
  async start(job: string, start: LocalStart): Promise<TaskRun> {
    const runId = start.resumeRun ?? ulid();
    const attempt = start.resumeRun === undefined ? 0 : ((await this.#options.look(runId))?.attempt ?? 0);
    const startId = start.resumeRun === undefined ? runId : ulid();
    const task = await this.#options.starter.start({ job, runId: startId, environment: environmentOf(start, startId) });
    if (start.resumeRun === undefined) this.#remember(runId, task);
    const ended = this.#untilEnded(runId, task, attempt);
    // Nobody may wait for it.
    ended.catch(() => undefined);
    return { runId, task, ended };
  }

  async #untilEnded(runId: string, task: string, attemptBefore: number): Promise<RunRecord> {
    const { closing, lookEveryMs } = this.#options;
    try {
      for (;;) {
        const ended = await this.#findEnd(runId, task, attemptBefore);
        if (ended !== undefined) return ended;
        await delay(lookEveryMs, undefined, { signal: closing });
      }
    } catch (error) {
      if (!closing.aborted) throw error;
      throw new AdminError(503, `the admin is being stopped; the task ${task} goes on without it`, { runId });
    } finally {
      this.#pending.delete(runId);
    }
  }

  /** The run when it has ended; undefined: it goes on, or has not begun. */
  async #findEnd(runId: string, task: string, attemptBefore: number): Promise<RunRecord | undefined> {
    const { look, starter } = this.#options;
    // Asked before the ledger: what has stopped has written its end.
    const end = await starter.endOf(task);
    const record = await look(runId).catch(() => undefined);
    if (record === undefined || record.attempt <= attemptBefore) {
      if (end === undefined) return undefined;
      throw new AdminError(502, `the task ${task} ended before its run began: ${end}; its log has more`, { runId });
    }
    this.#pending.delete(runId);
    // A process that died leaves its run as running.
    return record.status !== 'running' || end !== undefined ? record : undefined;
  }

  #remember(runId: string, task: string): void {
    this.#pending.set(runId, task);
    const [oldest] = this.#pending.keys();
    if (this.#pending.size > mostPending && oldest !== undefined) this.#pending.delete(oldest);
  }
}

/** What `deploy/environment.ts` reads in the task. */
function environmentOf({ scope = {}, dryRun, limit, resumeRun, redrive, overlap, trigger }: LocalStart, runId: string) {
  const values: Record<string, string | undefined> = {
    STINT_SCOPE: canonicalJson(scope as Json),
    STINT_STARTED_BY: (trigger as Trigger | undefined)?.by,
    STINT_OVERLAP: overlap,
    STINT_DRY_RUN: dryRun === true ? 'true' : undefined,
    STINT_LIMIT: limit?.toString(),
    STINT_REDRIVE: redrive === undefined ? undefined : JSON.stringify(redrive),
    ...(resumeRun === undefined ? { STINT_RUN_ID: runId, STINT_FRESH: 'true' } : { STINT_RESUME_RUN: resumeRun }),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
