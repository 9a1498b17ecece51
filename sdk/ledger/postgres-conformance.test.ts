import { openPostgresStand } from '../testing/postgres-ledger-stand.ts';
import { describeLedger } from './testing/conformance.ts';

describeLedger('PostgreSQL', async () => {
  const stand = await openPostgresStand();
  // The schema is made by the first call.
  await stand.open().runs();
  return {
    open: async (options) => stand.open(options),
    pass: (ms) => stand.pass(ms),
    [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose](),
  };
});
