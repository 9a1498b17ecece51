/**
 * Every error that Stint itself throws.
 *
 * Guarantees: a `code` that does not change between releases, a message that says what was expected,
 * what came and what to do next, and neither a record's content nor a secret in it.
 * Whether an error is worth another try is decided in `pace/classify.ts`, and nowhere else.
 */

/** The base of all errors of Stint. */
export class StintError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** One thing that is wrong with a piece of input: where, what was expected, what came. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A job definition that cannot be right, found when the module is loaded. */
export class DefinitionError extends StintError {
  constructor(message: string) {
    super('STINT_BAD_DEFINITION', message);
  }
}

/** A bad flag or argument of a command. */
export class UsageError extends StintError {
  constructor(message: string) {
    super('STINT_USAGE', message);
  }
}

/** No job has this name. */
export class UnknownJobError extends StintError {
  constructor(name: string, nearest: string | undefined) {
    const hint = nearest === undefined ? 'see `stint jobs` for the list' : `did you mean "${nearest}"?`;
    super('STINT_UNKNOWN_JOB', `expected the name of a job, got "${name}"; ${hint}`);
  }
}

/** A scope that does not fit the job's schema. */
export class ScopeError extends StintError {
  readonly problems: readonly Problem[];

  constructor(job: string, problems: readonly Problem[]) {
    super('STINT_BAD_SCOPE', `the scope does not fit the job ${job}:\n${listProblems('scope', problems)}`);
    this.problems = problems;
  }
}

/** Environment variables or secrets that are missing or do not fit; all of them at once, no value shown. */
export class EnvironmentError extends StintError {
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[]) {
    super('STINT_BAD_ENVIRONMENT', `${message}:\n${listProblems('', problems)}`);
    this.problems = problems;
  }
}

/** The job asked for a store or client that this run was not given. */
export class PortMissingError extends StintError {
  constructor(port: string, remedy: string) {
    super('STINT_PORT_MISSING', `expected ctx.${port} to be configured, but this run has none; ${remedy}`);
  }
}

/** A store answered, but would not let us in. Permanent: the address or the credentials must change. */
export class StoreRefusedError extends StintError {
  constructor(store: string, where: string, reason: string, remedy: string, options?: ErrorOptions) {
    super('STINT_STORE_REFUSED', `${store} at ${where} turned us away (${reason}); ${remedy}`, options);
  }
}

/** A store could not be reached. */
export class StoreUnreachableError extends StintError {
  constructor(store: string, where: string, reason: string, remedy: string, options?: ErrorOptions) {
    super('STINT_STORE_UNREACHABLE', `could not reach ${store} at ${where} (${reason}); ${remedy}`, options);
  }
}

/** A source that cannot be read as it was asked to. Permanent: the query or the table must change. */
export class SourceError extends StintError {}

/** An HTTP response whose status was not expected. */
export class HttpError extends StintError {
  readonly status: number;
  readonly method: string;
  readonly host: string;
  /** What the server asked for in `Retry-After`, in ms; undefined when it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(request: { method: string; host: string }, status: number, retryAfterMs: number | undefined) {
    super(`STINT_HTTP_${status}`, `expected a 2xx answer to ${request.method} from ${request.host}, got ${status}`);
    this.status = status;
    this.method = request.method;
    this.host = request.host;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A request that got no complete response: refused, reset, timed out. */
export class RequestError extends StintError {
  constructor(request: { method: string; host: string }, reason: string, options?: ErrorOptions) {
    super('STINT_HTTP_REQUEST', `${request.method} to ${request.host} got no answer (${reason})`, options);
  }
}

/** A response whose body is not what was expected; the body itself is not shown. */
export class HttpBodyError extends StintError {
  constructor(request: { method: string; host: string }, reason: string) {
    super('STINT_HTTP_BODY', `the answer to ${request.method} from ${request.host} ${reason}`);
  }
}

/** A handler took longer than `limits.itemTimeoutMs`, and ended after its signal fired. */
export class ItemTimeoutError extends StintError {
  constructor(timeoutMs: number) {
    super('STINT_ITEM_TIMEOUT', `the handler took longer than limits.itemTimeoutMs (${timeoutMs} ms) and was aborted`);
  }
}

/** A handler took too long and did not end when its signal fired: it is left behind, its effects are refused. */
export class ItemAbandonedError extends StintError {
  constructor(timeoutMs: number) {
    const what = `the handler did not settle within limits.itemTimeoutMs (${timeoutMs} ms) and ignored item.signal`;
    super('STINT_ITEM_ABANDONED', `${what}; pass item.signal to whatever it waits for`);
  }
}

/** Reading an item again took longer than `limits.maxStalenessMs`, time and again: nothing fresh could be had to act on. */
export class StaleError extends StintError {
  constructor(maxStalenessMs: number) {
    super(
      'STINT_STALE',
      `expected an item to be read again within limits.maxStalenessMs (${maxStalenessMs} ms), but each read took longer; ` +
        'speed up that query, or raise the limit',
    );
  }
}

/** A handler threw something that is no Error. What it threw is not shown: it may be a record. */
export class NotAnErrorThrown extends StintError {
  constructor(thrown: unknown) {
    const what = thrown === null || thrown === undefined ? String(thrown) : `a ${typeof thrown}`;
    super('STINT_NOT_AN_ERROR', `expected an Error to be thrown, got ${what}; throw new Error(…)`);
  }
}

/** A handler gave an item two outcomes. */
export class SettledTwiceError extends StintError {
  constructor() {
    super('STINT_SETTLED_TWICE', 'the handler settled its item twice; return right after item.skip(…)');
  }
}

/** Code of a handler acted after its item had its outcome, usually a promise that was not awaited. */
export class ItemClosedError extends StintError {
  constructor(what: string) {
    super('STINT_ITEM_CLOSED', `${what} was refused: its item is settled already; await everything a handler starts`);
  }
}

/** A write was refused because this is a dry run. The item ends as skipped, "would write". */
export class DryRunWrite extends StintError {
  readonly target: string;

  constructor(target: string) {
    super('STINT_DRY_RUN_WRITE', `dry run: would write ${target}`);
    this.target = target;
  }
}

/** The run was not begun, because another one stands in its way. */
export class RefusedError extends StintError {
  constructor(job: string, reason: 'overlap' | 'duplicate', runId: string) {
    const why =
      reason === 'overlap'
        ? `run ${runId} of it is going on; start it again when that has ended, or a minute after its process has died`
        : `run ${runId} was started for the same scheduled time`;
    super(`STINT_REFUSED_${reason.toUpperCase()}`, `${job} was not started: ${why}`);
  }
}

/** More items failed than `limits.tolerate` allows. */
export class ToleranceExceededError extends StintError {
  constructor(message: string) {
    super('STINT_TOLERANCE_EXCEEDED', message);
  }
}

/** The items of a run do not add up: a defect of Stint, never of the job. */
export class AccountsError extends StintError {
  constructor(message: string) {
    super('STINT_ACCOUNTS', `${message}; this is a defect of Stint, please report it`);
  }
}

/** No run has this id. */
export class UnknownRunError extends StintError {
  constructor(runId: string) {
    super('STINT_UNKNOWN_RUN', `expected the id of a run, got "${runId}"; see \`stint runs\` for the list`);
  }
}

/** The run cannot be gone on with. */
export class RunOverError extends StintError {
  readonly runId: string;

  constructor(runId: string, status: string) {
    super(
      'STINT_RUN_ENDED',
      `expected run ${runId} to be interrupted, but it is ${status}; start a new one, or redrive its failed items`,
    );
    this.runId = runId;
  }
}

/** A run cannot be gone on with by today's code: its checkpoint no longer fits. It stays as it is. */
export class ResumeMismatchError extends StintError {
  constructor(message: string) {
    super('STINT_RESUME_MISMATCH', message);
  }
}

/** The ledger could not be asked, or did not answer in time. */
export class LedgerError extends StintError {
  constructor(message: string, options?: ErrorOptions) {
    super('STINT_LEDGER', message, options);
  }
}

/** An item was in flight when its process died, twice: it is not started any more. */
export class QuarantinedError extends StintError {
  constructor() {
    super('STINT_QUARANTINED', 'the process died twice while this item was in flight; find out why, then redrive it');
  }
}

/** An earlier attempt recorded the items as done in a transaction of theirs: this one was rolled back. */
export class DoneAlreadyError extends StintError {
  /** Keys of the items that were done already. */
  readonly keys: ReadonlySet<string>;

  constructor(keys: ReadonlySet<string>) {
    super(
      'STINT_DONE_ALREADY',
      'an earlier attempt at this run has done the item already, so the transaction was rolled back; let this error pass, the item is settled as skipped',
    );
    this.keys = keys;
  }
}

/** Another attempt owns the run now; nothing more of this one is written. */
export class LeaseLostError extends StintError {
  constructor(message: string) {
    super('STINT_LEASE_LOST', message);
  }
}

/** The run was stopped by infrastructure and can be resumed. */
export class InterruptedError extends StintError {
  readonly signal: 'SIGINT' | 'SIGTERM' | undefined;

  constructor(message: string, signal?: 'SIGINT' | 'SIGTERM') {
    super('STINT_INTERRUPTED', message);
    this.signal = signal;
  }
}

/** The run was stopped by a person; it is over. */
export class CancelledError extends StintError {
  constructor(by: string) {
    super('STINT_CANCELLED', `the run was cancelled by ${by}`);
  }
}

/** Slack did not take a message. Never names the webhook's URL, which is a secret. */
export class SlackError extends StintError {
  constructor(message: string) {
    super('STINT_SLACK', message);
  }
}

/** `thrown` itself if it is an error of ours, else one that carries it as its cause. */
export function toStintError(thrown: unknown): StintError {
  if (thrown instanceof StintError) return thrown;
  return new StintError('STINT_JOB_FAILED', 'the job failed', { cause: thrown });
}

function listProblems(root: string, problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => `  ${[root, path].filter(Boolean).join('.')}: ${message}`).join('\n');
}
