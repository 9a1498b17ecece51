/** The public surface of the harness, for tests of jobs. */
export {
  type CallLimits,
  type Database,
  expect,
  type Row,
  type Settled,
  stableSummary,
  stintChai,
} from './expect/index.ts';
export { type Fake, type FakeMiddleware, fakeNames, type RunningFake, startFake } from './fakes/index.ts';
export { type Case, listCases, loadCase } from './fixture/index.ts';
export { type Harness, type HarnessOptions, type HarnessRun, openHarness } from './harness.ts';
export { startEmbeddedStack } from './stack/embedded-stack.ts';
export type { DynamoEndpoint, Fork, Stack, StackKind } from './stack/stack.ts';
export { type StartStackOptions, startStack } from './stack/start-stack.ts';
