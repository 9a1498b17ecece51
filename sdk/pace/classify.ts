/**
 * Whether an error is worth another try: the one place where this is decided.
 *
 * What is not known here is permanent. A retry may repeat an effect whose answer was lost, so handlers are written
 * to be repeatable; `item.idempotencyKey` and conditional updates make them so.
 */
import { HttpError, ItemTimeoutError, RequestError, StintError } from '../errors.ts';

export type ErrorClass = 'permanent' | 'transient' | 'throttled';

export interface Classified {
  readonly class: ErrorClass;
  /** What the other side asked us to wait, in ms. */
  readonly retryAfterMs?: number | undefined;
}

const permanent: Classified = { class: 'permanent' };
const transient: Classified = { class: 'transient' };
const throttled: Classified = { class: 'throttled' };

const transientStatuses = new Set([408, 425, 500, 502, 503, 504]);

const transientSystemCodes = new Set(
  'ECONNRESET ECONNREFUSED ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN'.split(' '),
);

const transientStintCodes = new Set([
  'STINT_STORE_LOST',
  'STINT_STORE_UNREACHABLE',
  'STINT_RETRY',
  'STINT_LEDGER',
  'STINT_STALE',
]);

// PostgreSQL, appendix A: connection exceptions, serialization failure and deadlock, out of resources,
// lock not available, query cancelled, shutdown and crash.
const transientSqlState = /^(08...|40001|40P01|53...|55P03|57014|57P0[1-3])$/;

const throttledAws = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
]);

const transientAws = new Set([
  'InternalServerError',
  'ServiceUnavailable',
  'ReplicatedWriteConflictException',
  'TransactionConflictException',
  'TransactionInProgressException',
  'TimeoutError',
]);

/** Sorts an error by what a retry could do about it. */
export function classifyError(error: unknown): Classified {
  if (error instanceof HttpError) return classifyHttp(error);
  if (error instanceof RequestError || error instanceof ItemTimeoutError) return transient;
  if (error instanceof StintError) return transientStintCodes.has(error.code) ? transient : permanent;
  if (!(error instanceof Error)) return permanent;

  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (transientSystemCodes.has(code) || transientSqlState.test(code)) return transient;
  if (throttledAws.has(error.name)) return throttled;
  if (transientAws.has(error.name) || isAwsServerError(error)) return transient;
  if (error.name === 'TransactionCanceledException') return classifyCancelledTransaction(error);
  return permanent;
}

function classifyHttp({ status, retryAfterMs }: HttpError): Classified {
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) return { class: 'throttled', retryAfterMs };
  return transientStatuses.has(status) ? transient : permanent;
}

/** Whether AWS answered with a 5xx, under whatever name. */
function isAwsServerError(error: Error): boolean {
  if (!('$metadata' in error)) return false;
  const { httpStatusCode = 0 } = error.$metadata as { readonly httpStatusCode?: number };
  return httpStatusCode >= 500;
}

function classifyCancelledTransaction(error: Error): Classified {
  const reasons =
    'CancellationReasons' in error && Array.isArray(error.CancellationReasons) ? error.CancellationReasons : [];
  const codes = reasons.map((reason: { Code?: string }) => reason.Code ?? 'None').filter((code) => code !== 'None');
  const retryable = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);
  return codes.length > 0 && codes.every((code) => retryable.has(code)) ? transient : permanent;
}
