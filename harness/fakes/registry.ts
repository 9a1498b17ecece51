/** Every fake there is, for fixtures to name. */
import type { Fake } from './fake.ts';
import { payments } from './payments.ts';
import { rates } from './rates.ts';

export const fakes: readonly Fake<object>[] = [payments, rates];
