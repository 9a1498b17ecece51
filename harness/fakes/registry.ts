/** Every fake there is, for fixtures to name. */

import { charges } from './charges.ts';
import type { Fake } from './fake.ts';
import { payments } from './payments.ts';
import { rates } from './rates.ts';

export const fakes: readonly Fake<object>[] = [charges, payments, rates];
