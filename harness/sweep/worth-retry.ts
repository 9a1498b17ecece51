/**
 * Whether trying again can help with an error: a table of the sweep's own.
 *
 * On purpose not the SDK's (`sdk/pace/classify.ts`): a sweep has to see when that one is wrong. What is not named here is final.
 */
import { HttpError, ItemTimeoutError, RequestError, StintError } from '@stint/sdk';

const statuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const stintCodes: ReadonlySet<string> = new Set(['STINT_STORE_LOST', 'STINT_STORE_UNREACHABLE', 'STINT_RETRY']);
// Connection exceptions, serialization failure, deadlock, shutdown.
const sqlStates = /^(08...|40001|40P01|57P0[123])$/;
const awsNames: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'InternalServerError',
  'ServiceUnavailable',
  'TransactionConflictException',
]);
const systemCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT']);

export function isWorthRetry(error: unknown): boolean {
  if (error instanceof HttpError) return statuses.has(error.status);
  if (error instanceof RequestError || error instanceof ItemTimeoutError) return true;
  if (error instanceof StintError) return stintCodes.has(error.code);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return sqlStates.test(code) || systemCodes.has(code) || awsNames.has(error.name);
}
