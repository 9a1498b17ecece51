/**
 * The runs that go on in this process, as many at once as are allowed.
 *
 * Guarantees: a run is started by the same `launchJob` as the task's; `start` resolves when it has its lease, or rejects and nothing goes
 * on. Disposing it interrupts all of them and resolves when they have ended: the next start goes on with each. Slack is told of ends as
 * the task tells it, and no run or answer waits for that.
 * Runs share this process: one that takes all of its memory takes the others along, and each is resumed by its next start.
 */
import {
  CancelledError,
  describeError,
  type EnvironmentValues,
  InterruptedError,
  type Job,
  type LaunchOptions,
  type Ledger,
  type Log,
  launchJob,
  type Progress,
  type RunObserver,
  type RunOptions,
  type Stores,
  type Summary,
} from '@stint/sdk';
import { noTelemetry, type Telemetry } from '../../datadog.ts';
import { reportsOf } from '../../run-reports.ts';
import { SlackChannel } from '../../slack-channel.ts';
import { AdminError } from '../admin-error.ts';

export interface LocalRunsOptions {
  readonly ledger: Ledger;
  readonly environment: EnvironmentValues;
  /** @default what the environment names */
  readonly stores?: Stores | undefined;
  /** How many at once. */
  readonly max: number;
  readonly log: (bindings: Readonly<Record<string, unknown>>) => Log;
  /** Where metrics and traces go. @default nowhere */
  readonly telemetry?: Telemetry;
}

/** What a run is started with. */
export type LocalStart = Pick<
  RunOptions,
  'scope' | 'dryRun' | 'limit' | 'overlap' | 'resumeRun' | 'redrive' | 'trigger'
>;

export interface LocalRun {
  readonly runId: string;
  /** How far it is; undefined: it has not said yet. */
  readonly progress: { readonly at: Date; readonly figures: Progress } | undefined;
  /** Never rejects. */
  readonly ended: Promise<Summary | undefined>;
  /** Calls `fn` whenever there is progress, until it is disposed. */
  onProgress(fn: () => void): Disposable;
}

interface Running extends LocalRun {
  progress: LocalRun['progress'];
  readonly stop: AbortController;
  readonly listeners: Set<() => void>;
}

interface Launching {
  readonly stop: AbortController;
  readonly begin: (run: Running) => void;
  /** Told which run is in the way. */
  readonly onRefused: (runId: string) => void;
}

export class LocalRuns implements AsyncDisposable {
  readonly #options: LocalRunsOptions;
  readonly #running = new Map<string, Running>();
  /** Of starts that wait for their lease, too. */
  readonly #all = new Set<Promise<unknown>>();
  readonly #stops = new Set<AbortController>();
  /** Ends that the ops channel is being told of. */
  readonly #tells = new Set<Promise<void>>();
  readonly #channel: SlackChannel;
  readonly #telemetry: Telemetry;
  #isClosing = false;

  constructor(options: LocalRunsOptions) {
    this.#options = options;
    this.#channel = new SlackChannel(options.environment);
    this.#telemetry = options.telemetry ?? noTelemetry;
  }

  get(runId: string): LocalRun | undefined {
    return this.#running.get(runId);
  }

  /**
   * @throws AdminError 429 when there are as many as there may be, 503 when this process is ending, 409 when another run is in the way; what
   * `launchJob` throws
   */
  async start(job: Job, run: LocalStart): Promise<LocalRun> {
    const { max } = this.#options;
    if (this.#isClosing) throw beingStopped();
    if (this.#all.size >= max)
      throw new AdminError(
        429,
        `expected fewer than ${max} runs in this admin at a time, and there are ${this.#all.size}; wait until one has ended`,
        { headers: { 'retry-after': '10' } },
      );
    const stop = new AbortController();
    const { promise: begun, resolve: begin } = Promise.withResolvers<Running>();
    let inTheWay: string | undefined;
    const launched = this.#launch(job, run, {
      stop,
      begin,
      onRefused: (runId) => {
        inTheWay = runId;
      },
    });
    const settled = launched.then(
      () => undefined,
      () => undefined,
    );
    this.#all.add(settled);
    this.#stops.add(stop);
    void settled.then(() => {
      this.#all.delete(settled);
      this.#stops.delete(stop);
    });
    return await Promise.race([begun, launched.then((summary) => endedAtOnce(job, summary, inTheWay))]);
  }

  /** Ends a run for good, if it goes on here: faster than its next heartbeat would hear of it. */
  cancel(runId: string, by: string): void {
    this.#running.get(runId)?.stop.abort(new CancelledError(by));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const stop of this.#stops) stop.abort(new InterruptedError('the admin was stopped', 'SIGTERM'));
    await Promise.all(this.#all);
  }

  /** Resolves when the ops channel was told of all ends, or could not be. */
  async told(): Promise<void> {
    await Promise.all(this.#tells);
  }

  async #launch(job: Job, run: LocalStart, { stop, begin, onRefused }: Launching): Promise<Summary> {
    const { environment, ledger, stores, log } = this.#options;
    const ended = Promise.withResolvers<Summary | undefined>();
    let running: Running | undefined;
    const watching: RunObserver = {
      onRefused: ({ runId }) => onRefused(runId),
      onStart: ({ runId }) => {
        running = toRunning(runId, stop, ended.promise);
        this.#running.set(runId, running);
        begin(running);
      },
      onProgress: (figures) => {
        if (running === undefined) return;
        running.progress = { at: new Date(), figures };
        for (const tell of running.listeners) tell();
      },
    };
    const options: LaunchOptions = {
      ...run,
      environment,
      ledger,
      signal: stop.signal,
      ...(stores === undefined ? {} : { stores }),
      ...reportsOf(job, { telemetry: this.#telemetry, environment, log, observer: watching }),
    };
    let summary: Summary | undefined;
    try {
      summary = await launchJob(job, options);
      this.#tell(job, summary);
      return summary;
    } finally {
      if (running !== undefined) this.#running.delete(running.runId);
      ended.resolve(summary);
    }
  }

  // Neither the run nor an answer waits for it: the end of the admin does, with `told`.
  #tell(job: Job, summary: Summary): void {
    const { ledger, log } = this.#options;
    const telling = this.#channel
      .messageOf(job, summary, ledger)
      .then((message) => message && this.#channel.post(message))
      .catch((error: unknown) => {
        log({ job: job.name, run: summary.runId }).warn('Slack was not told', { error: describeError(error) });
      })
      .finally(() => this.#tells.delete(telling));
    this.#tells.add(telling);
  }
}

function toRunning(runId: string, stop: AbortController, ended: Promise<Summary | undefined>): Running {
  const listeners = new Set<() => void>();
  return {
    runId,
    stop,
    ended,
    listeners,
    progress: undefined,
    onProgress(fn) {
      listeners.add(fn);
      return { [Symbol.dispose]: () => void listeners.delete(fn) };
    },
  };
}

/** A run that was over before it had said that it began: refused, or broken off by what it was to go on from. */
function endedAtOnce(job: Job, summary: Summary, inTheWay: string | undefined): LocalRun {
  const { status, attempt, runId, error } = summary;
  if (status === 'refused')
    throw new AdminError(
      409,
      error?.message ?? `${job.name} was not started: another run is in the way`,
      inTheWay === undefined ? {} : { runId: inTheWay },
    );
  // It was still asking for its lease: the ledger knows of no such run.
  if (attempt === 0) throw beingStopped();
  return {
    runId,
    progress: undefined,
    ended: Promise.resolve(summary),
    onProgress: () => ({ [Symbol.dispose]() {} }),
  };
}

function beingStopped(): AdminError {
  return new AdminError(503, 'this admin is being stopped; start the run on the one that takes over', {
    headers: { 'retry-after': '10' },
  });
}
