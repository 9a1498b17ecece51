import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  AccountsError,
  CancelledError,
  EnvironmentError,
  InterruptedError,
  LeaseLostError,
  RefusedError,
  ScopeError,
  type StintError,
  ToleranceExceededError,
  UnknownJobError,
  UsageError,
} from './errors.ts';
import { exitCodeOf, exitCodeOfError, exitCodes, type FinalStatus } from './exit-codes.ts';

const refused = new RefusedError('job', 'overlap', 'run');

const table: readonly (readonly [number, FinalStatus, string, StintError | undefined])[] = [
  [0, 'succeeded', 'schedule', undefined],
  [0, 'succeeded', 'manual', undefined],
  [0, 'refused', 'schedule', refused],
  [75, 'refused', 'manual', refused],
  [75, 'refused', 'admin', refused],
  [75, 'refused', 'test', refused],
  [1, 'failed', 'schedule', undefined],
  [1, 'failed', 'schedule', new ToleranceExceededError('')],
  [1, 'failed', 'manual', new AccountsError('')],
  [1, 'failed', 'manual', new InterruptedError('', 'SIGTERM')],
  [1, 'cancelled', 'admin', new CancelledError('bob')],
  [75, 'interrupted', 'schedule', new InterruptedError('time slice')],
  [75, 'interrupted', 'schedule', new LeaseLostError('')],
  [75, 'interrupted', 'schedule', undefined],
  [130, 'interrupted', 'manual', new InterruptedError('', 'SIGINT')],
  [143, 'interrupted', 'schedule', new InterruptedError('', 'SIGTERM')],
];

describe('exit-codes', () => {
  for (const [code, status, trigger, error] of table) {
    it(`is ${code} when a run that a ${trigger} started is ${status} (${error?.name ?? 'no error'})`, () => {
      expect(exitCodeOf(status, trigger, error)).to.equal(code);
    });
  }

  it('tells what kept a run from starting', () => {
    for (const error of [new UnknownJobError('x', undefined), new ScopeError('job', []), new UsageError('')])
      expect(exitCodeOfError(error)).to.equal(64);
    expect(exitCodeOfError(new EnvironmentError('', []))).to.equal(78);
    for (const error of [new Error('boom'), 'boom', undefined]) expect(exitCodeOfError(error)).to.equal(1);
  });

  it('has the codes that are published', () => {
    expect(Object.values(exitCodes)).to.deep.equal([0, 1, 64, 75, 78, 130, 143]);
  });
});
