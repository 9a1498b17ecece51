/** PostgreSQL's and its driver's errors, in the words of Stint. */
import { DryRunWrite, StintError, StoreRefusedError, StoreUnreachableError } from '../errors.ts';

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN']);
// Invalid password, invalid authorization, no such database.
const turnedAway = new Set(['28P01', '28000', '3D000']);
const lost = /Connection terminated|Client has encountered a connection error|Client was closed|not queryable/;
const readOnlyTransaction = '25006';

export interface PostgresPlace {
  /** Host, port and database; no user, no password. */
  readonly where: string;
  readonly dryRun: boolean;
}

/** Turns a driver's error into ours where ours says more; others pass as they are. */
export function toPostgresError(error: unknown, { where, dryRun }: PostgresPlace, operation: string): unknown {
  if (!(error instanceof Error) || error instanceof StintError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (dryRun && code === readOnlyTransaction) return new DryRunWrite(`postgres ${operation}`);
  if (unreachable.has(code) || /timeout exceeded when trying to connect/.test(error.message)) {
    return new StoreUnreachableError(
      'PostgreSQL',
      where,
      code || 'timeout',
      'check DATABASE_URL and that the server runs',
      {
        cause: error,
      },
    );
  }
  if (turnedAway.has(code)) {
    const reason = code === '3D000' ? 'no such database' : 'log-in refused';
    return new StoreRefusedError('PostgreSQL', where, reason, 'check DATABASE_URL', { cause: error });
  }
  if (lost.test(error.message) || code === 'ECONNRESET' || code === 'EPIPE') {
    return new StintError('STINT_STORE_LOST', `the connection to PostgreSQL at ${where} was lost during ${operation}`, {
      cause: error,
    });
  }
  return error;
}
