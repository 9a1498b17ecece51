/** Turns whatever was thrown into an answer: a problem by RFC 9457, never a stack, never what an unknown error says. */
import { STATUS_CODES } from 'node:http';
import {
  describeError,
  EnvironmentError,
  LedgerError,
  type Log,
  RefusedError,
  RunOverError,
  ScopeError,
  StintError,
  StoreRefusedError,
  StoreUnreachableError,
  UnknownJobError,
  UnknownRunError,
  UsageError,
} from '@stint/sdk';
import type { Context, Next } from 'koa';
import { AdminError, type AdminErrorStatus } from '../admin-error.ts';
import type { ProblemView } from '../schemas.ts';

/** Answers with what `render` makes of it. */
export function answerProblems(log: Log, render: (ctx: Context, problem: ProblemView) => void) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.body === undefined) refuseUnanswered(ctx);
    } catch (thrown) {
      if (ctx.res.headersSent) {
        // Of an answer that has begun nothing can be taken back.
        ctx.res.destroy();
        return;
      }
      const error = toAdminError(thrown);
      if (error === undefined) log.error('a request failed', { path: ctx.path, error: describeError(thrown) });
      ctx.remove('content-type');
      ctx.set({ ...error?.headers });
      const problem = toProblem(error);
      ctx.status = problem.status;
      render(ctx, problem);
    }
  };
}

/** What no route has taken, by what the router makes of it. */
function refuseUnanswered(ctx: Context): void {
  if (ctx.status === 404) throw new AdminError(404, 'there is nothing at this address');
  // 501: of a method that no route has. Whoever asks has to ask in another way, and the server lacks nothing.
  if (ctx.status !== 405 && ctx.status !== 501) return;
  const allow = ctx.response.get('allow');
  if (allow === '') throw new AdminError(404, 'there is nothing at this address');
  throw new AdminError(405, `expected ${allow}, got ${ctx.method}`);
}

export function toProblem(error: AdminError | undefined): ProblemView {
  const status = error?.status ?? 500;
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error?.message ?? 'this is a defect of the admin; its log has more',
    ...(error?.errors === undefined ? {} : { errors: error.errors }),
    ...(error?.runId === undefined ? {} : { runId: error.runId }),
  };
}

/** Undefined: nobody expected it. */
export function toAdminError(thrown: unknown): AdminError | undefined {
  if (thrown instanceof AdminError) return thrown;
  if (!(thrown instanceof Error)) return undefined;
  const cause = { cause: thrown };
  const { message } = describeError(thrown);
  if (thrown instanceof UnknownJobError || thrown instanceof UnknownRunError)
    return new AdminError(404, message, cause);
  if (thrown instanceof ScopeError)
    return new AdminError(422, 'the scope does not fit the job', { ...cause, errors: inScope(thrown) });
  if (thrown instanceof UsageError) return new AdminError(422, message, cause);
  if (thrown instanceof RunOverError) return new AdminError(409, message, { ...cause, runId: thrown.runId });
  if (thrown instanceof RefusedError) return new AdminError(409, message, cause);
  const status = thrown instanceof StintError ? statusOf[thrown.code] : undefined;
  if (status !== undefined) return new AdminError(status, message, cause);
  if (isOutage(thrown)) return new AdminError(503, message, { ...cause, headers: { 'retry-after': '10' } });
  return fromHttpError(thrown);
}

/** Codes of errors that tell of what was asked for, and have no class of their own. */
const statusOf: Readonly<Record<string, AdminErrorStatus | undefined>> = {
  STINT_DRY_RUN: 422,
  STINT_LEDGER_PAGE: 400,
  STINT_LEDGER_TOO_LARGE: 422,
};

/** Of a store that does not answer, or not to us. */
const outages: ReadonlySet<string> = new Set([
  'STINT_STORE_LOST',
  'STINT_LEDGER_DENIED',
  'STINT_LEDGER_NEWER',
  'STINT_LEDGER_NO_TABLE',
]);

function inScope({ problems }: ScopeError) {
  return problems.map(({ path, message }) => ({ path: path === '' ? 'scope' : `scope.${path}`, message }));
}

function isOutage(error: Error): boolean {
  if (error instanceof StintError && outages.has(error.code)) return true;
  return [EnvironmentError, StoreRefusedError, StoreUnreachableError, LedgerError].some(
    (kind) => error instanceof kind,
  );
}

/** What Koa and its router throw. */
function fromHttpError(error: Error): AdminError | undefined {
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  if (error instanceof URIError || status === 400) return new AdminError(400, 'the address or a header is malformed');
  if (expose === true && (status === 405 || status === 406 || status === 413 || status === 415))
    return new AdminError(status, error.message.slice(0, 200));
  return undefined;
}
