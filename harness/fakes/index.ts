/** The fakes by the names that fixtures use. */
import type { Fake } from './fake.ts';
import { FakeError } from './fake-error.ts';
import { fakes } from './registry.ts';

export type { Call, UnhandledCall } from './call.ts';
export { CallLog, type CallLogJson, type DuplicateKey } from './call-log.ts';
export { type ChargesState, charges } from './charges.ts';
export { defineFake, type Fake, type FakeTools } from './fake.ts';
export type { FakeClock } from './fake-clock.ts';
export { FakeError, type FakeErrorCode } from './fake-error.ts';
export { type CheckedRule, type Fault, type FaultMatch, type FaultRule, faultRuleSchema } from './fault.ts';
export type { FaultHandle } from './faults.ts';
export type { Address } from './listen.ts';
export { type PaymentsState, payments } from './payments.ts';
export { type RatesState, rates } from './rates.ts';
export { type FakeMiddleware, type RunningFake, type StartFakeOptions, startFake } from './start-fake.ts';

const fakesByName: ReadonlyMap<string, Fake<object>> = new Map(fakes.map((fake) => [fake.name, fake]));

/** The names of all fakes. */
export const fakeNames: readonly string[] = [...fakesByName.keys()];

/** @throws FakeError `STINT_FAKE_UNKNOWN` */
export function fakeNamed(name: string): Fake<object> {
  const fake = fakesByName.get(name);
  if (fake === undefined) {
    throw new FakeError(
      'STINT_FAKE_UNKNOWN',
      `expected the name of a fake (${fakeNames.join(', ')}), got "${name}"; correct it`,
    );
  }
  return fake;
}
