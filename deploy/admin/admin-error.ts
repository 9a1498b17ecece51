/** What the admin refuses, as an answer tells it. */
import type { ProblemView } from './schemas.ts';

export type AdminErrorStatus = 400 | 401 | 403 | 404 | 405 | 406 | 408 | 409 | 413 | 415 | 422 | 429 | 502 | 503;

/** More of what does not fit helps nobody, and would make an answer ten times the size of what was sent. */
export const mostErrors = 100;

export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly status: AdminErrorStatus;
  readonly errors: ProblemView['errors'];
  readonly runId: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail for people: what was expected, what came, what to do */
  constructor(
    status: AdminErrorStatus,
    detail: string,
    {
      errors,
      runId,
      headers = {},
      cause,
    }: {
      readonly errors?: ProblemView['errors'];
      readonly runId?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, cause === undefined ? undefined : { cause });
    this.status = status;
    this.errors = errors?.slice(0, mostErrors);
    this.runId = runId;
    this.headers = headers;
  }
}
