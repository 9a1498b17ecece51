/** PostgreSQL's and its driver's errors, in the words of Stint. */
import { DryRunWrite, StintError, StoreRefusedError, StoreUnreachableError } from '../errors.ts';
import type { PostgresPlace } from './postgres-place.ts';
import { toTlsError } from './postgres-tls-errors.ts';

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN']);
const noSuchDatabase = '3D000';
// Invalid password, invalid authorization.
const loginRefused = new Set(['28P01', '28000']);
const lost =
  /Connection terminated|Client has encountered a connection error|Client was closed|not queryable|error establishing an SSL/;
const readOnlyTransaction = '25006';

/** Turns a driver's error into ours where ours says more; others pass as they are. */
export function toPostgresError(error: unknown, place: PostgresPlace, operation: string, dryRun = false): unknown {
  if (!(error instanceof Error) || error instanceof StintError) return error;
  const { where } = place;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (dryRun && code === readOnlyTransaction) return new DryRunWrite(`postgres ${operation}`);
  if (unreachable.has(code) || /timeout exceeded when trying to connect/.test(error.message)) {
    const remedy = 'check DATABASE_URL and that the server runs';
    return new StoreUnreachableError('PostgreSQL', where, code || 'timeout', remedy, { cause: error });
  }
  if (code === noSuchDatabase) {
    return new StoreRefusedError('PostgreSQL', where, 'no such database', 'check DATABASE_URL', { cause: error });
  }
  if (loginRefused.has(code)) return toLoginError(error, place);
  if (lost.test(error.message) || code === 'ECONNRESET' || code === 'EPIPE') {
    return new StintError('STINT_STORE_LOST', `the connection to PostgreSQL at ${where} was lost during ${operation}`, {
      cause: error,
    });
  }
  return toTlsError(error, code, place) ?? error;
}

function toLoginError(cause: Error, { where, byTokens }: PostgresPlace): StoreRefusedError {
  const refused = (reason: string, remedy: string) =>
    new StoreRefusedError('PostgreSQL', where, reason, remedy, { cause });
  if (/no encryption|requires TLS/i.test(cause.message)) {
    return refused('it asks for TLS', 'add sslmode=verify-full to DATABASE_URL');
  }
  if (!byTokens) return refused('log-in refused', 'check DATABASE_URL');
  return refused(
    'token of IAM refused',
    'let the role of the task do rds-db:connect as the user of DATABASE_URL, grant that user rds_iam (RDS Proxy: give the ' +
      'proxy its secret), and check that AWS_REGION is the region of the host',
  );
}
