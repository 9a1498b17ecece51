import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  AccountsError,
  CancelledError,
  DefinitionError,
  DryRunWrite,
  EnvironmentError,
  HttpBodyError,
  HttpError,
  InterruptedError,
  ItemAbandonedError,
  ItemClosedError,
  ItemTimeoutError,
  LeaseLostError,
  NotAnErrorThrown,
  PortMissingError,
  RequestError,
  ScopeError,
  SettledTwiceError,
  SourceError,
  StintError,
  StoreUnreachableError,
  ToleranceExceededError,
} from '../errors.ts';
import { classifyError, type ErrorClass } from './classify.ts';

const request = { method: 'GET', host: 'api.test' };
const http = (status: number, retryAfterMs?: number) => new HttpError(request, status, retryAfterMs);
const withCode = (code: unknown) => Object.assign(new Error('boom'), { code });
const withName = (name: string) => Object.assign(new Error('boom'), { name });
const cancelled = (...codes: (string | undefined)[]) =>
  Object.assign(withName('TransactionCanceledException'), {
    CancellationReasons: codes.map((code) => (code === undefined ? {} : { Code: code })),
  });

const table: readonly (readonly [ErrorClass, string, readonly unknown[]])[] = [
  ['throttled', 'HTTP 429, with and without Retry-After', [http(429), http(429, 0), http(429, 5_000)]],
  ['throttled', 'HTTP 503 that asks to wait', [http(503, 1_000)]],
  ['transient', 'HTTP 503 that does not', [http(503)]],
  ['transient', 'HTTP statuses that pass', [408, 425, 500, 502, 504].map((status) => http(status))],
  ['permanent', 'other HTTP statuses', [300, 301, 400, 401, 403, 404, 409, 410, 422, 501, 505].map((s) => http(s))],
  ['permanent', 'HTTP 500-less statuses that ask to wait', [http(404, 1_000), http(301, 1_000)]],
  ['transient', 'no answer', [new RequestError(request, 'ECONNRESET')]],
  ['permanent', 'an answer that does not fit', [new HttpBodyError(request, 'is not JSON')]],
  ['transient', 'an item that ran out of time', [new ItemTimeoutError(1)]],
  ['permanent', 'a handler that was left behind', [new ItemAbandonedError(1)]],
  [
    'transient',
    'a store that was lost or is not there',
    [new StintError('STINT_STORE_LOST', ''), new StoreUnreachableError('postgres', 'there', 'why', 'do')],
  ],
  ['transient', 'what a handler wants tried again', [new StintError('STINT_RETRY', '')]],
  [
    'permanent',
    'all other errors of ours',
    [
      new StintError('STINT_ANY', ''),
      new DryRunWrite('t'),
      new SettledTwiceError(),
      new ItemClosedError('x'),
      new NotAnErrorThrown(1),
      new SourceError('STINT_SOURCE', ''),
      new PortMissingError('http', ''),
      new ScopeError('j', []),
      new EnvironmentError('m', []),
      new DefinitionError(''),
      new ToleranceExceededError(''),
      new AccountsError(''),
      new LeaseLostError(''),
      new InterruptedError(''),
      new CancelledError('me'),
    ],
  ],
  [
    'transient',
    'the network',
    'ECONNRESET ECONNREFUSED ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN'.split(' ').map(withCode),
  ],
  ['permanent', 'a host that does not exist, a file that does not', ['ENOTFOUND', 'ENOENT', 'EACCES'].map(withCode)],
  [
    'transient',
    'PostgreSQL: connection, conflict, resources, lock, cancel, shutdown',
    '08000 08006 40001 40P01 53300 53200 55P03 57014 57P01 57P02 57P03'.split(' ').map(withCode),
  ],
  [
    'permanent',
    'PostgreSQL: all else',
    '22P02 23505 23503 42601 42P01 28P01 40002 40003 57000 57P04 57P05 0800 080000 XX000'.split(' ').map(withCode),
  ],
  [
    'throttled',
    'AWS throttling',
    [
      'ProvisionedThroughputExceededException',
      'ThrottlingException',
      'RequestLimitExceeded',
      'TooManyRequestsException',
    ].map(withName),
  ],
  [
    'transient',
    'AWS trouble',
    [
      'InternalServerError',
      'ServiceUnavailable',
      'TransactionConflictException',
      'TransactionInProgressException',
      'TimeoutError',
    ].map(withName),
  ],
  ['permanent', 'AWS refusals', ['ConditionalCheckFailedException', 'ValidationException'].map(withName)],
  [
    'transient',
    'a transaction cancelled for reasons that pass',
    [cancelled('TransactionConflict'), cancelled('None', 'ThrottlingError', undefined)],
  ],
  [
    'permanent',
    'a transaction cancelled for any other reason, or none that is told',
    [
      cancelled('TransactionConflict', 'ConditionalCheckFailed'),
      cancelled('None'),
      cancelled(),
      withName('TransactionCanceledException'),
    ],
  ],
  ['permanent', 'any other error', [new Error('boom'), new TypeError('boom'), withCode(40_001), withCode(undefined)]],
  ['permanent', 'what is no error', [undefined, null, 'ECONNRESET', 42, { code: 'ECONNRESET' }, Symbol('x')]],
];

describe('pace/classify', () => {
  for (const [expected, what, errors] of table) {
    it(`calls ${what} ${expected}`, () => {
      for (const error of errors) expect(classifyError(error).class, String(error)).to.equal(expected);
    });
  }

  it('passes on how long the other side asked to wait', () => {
    expect(classifyError(http(429, 5_000)).retryAfterMs).to.equal(5_000);
    expect(classifyError(http(503, 7)).retryAfterMs).to.equal(7);
    expect(classifyError(http(429)).retryAfterMs).to.equal(undefined);
    expect(classifyError(http(500, 5_000)).retryAfterMs).to.equal(undefined);
  });
});
