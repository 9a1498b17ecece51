/** The public surface of the harness, for tests of jobs. */
export {
  type CallLimits,
  type Database,
  expect,
  type Proved,
  type Row,
  type Settled,
  stableSummary,
  stintChai,
} from './expect/index.ts';
export {
  CallLog,
  type Fake,
  type FakeMiddleware,
  type Fault,
  type FaultHandle,
  type FaultMatch,
  fakeNames,
  type RunningFake,
  startFake,
} from './fakes/index.ts';
export { type Case, listCases, loadCase } from './fixture/index.ts';
export {
  type Harness,
  type HarnessOptions,
  type HarnessRun,
  type HarnessSweepOptions,
  openHarness,
} from './harness.ts';
export type { Interrupt } from './interrupt.ts';
export type { HarnessRunOptions } from './run-harness-job.ts';
export { startEmbeddedStack } from './stack/embedded-stack.ts';
export type { DynamoEndpoint, Fork, Stack, StackKind } from './stack/stack.ts';
export { type StartStackOptions, startStack } from './stack/start-stack.ts';
export type { Finding, FindingKind } from './sweep/finding.ts';
export type { PointKind, Trial } from './sweep/point.ts';
export type { Story, SweepMode, SweepReport } from './sweep/report.ts';
export type { LedgerKind } from './sweep/site.ts';
export { TimeError, type TimeErrorCode } from './time/time-error.ts';
