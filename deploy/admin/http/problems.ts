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
  StoreRefusedError,
  StoreUnreachableError,
  UnknownJobError,
  UnknownRunError,
  UsageError,
} from '@stint/sdk';
import type { Context, Next } from 'koa';
import { AdminError } from '../admin-error.ts';
import type { ProblemView } from '../schemas.ts';

/** Answers with what `render` makes of it. */
export function answerProblems(log: Log, render: (ctx: Context, problem: ProblemView) => void) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) throw new AdminError(404, 'there is nothing at this address');
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
  if (thrown instanceof UnknownJobError || thrown instanceof UnknownRunError)
    return new AdminError(404, thrown.message, cause);
  if (thrown instanceof ScopeError)
    return new AdminError(422, 'the scope does not fit the job', { ...cause, errors: inScope(thrown) });
  if (thrown instanceof UsageError) return new AdminError(422, thrown.message, cause);
  if (thrown instanceof RunOverError) return new AdminError(409, thrown.message, { ...cause, runId: thrown.runId });
  if (thrown instanceof RefusedError) return new AdminError(409, thrown.message, cause);
  if (isOutage(thrown)) return new AdminError(503, thrown.message, { ...cause, headers: { 'retry-after': '10' } });
  return fromHttpError(thrown);
}

function inScope({ problems }: ScopeError) {
  return problems.map(({ path, message }) => ({ path: path === '' ? 'scope' : `scope.${path}`, message }));
}

function isOutage(error: Error): boolean {
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
