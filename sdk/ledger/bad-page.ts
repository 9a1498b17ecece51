/** Of a place in a run's failed items that no page before has told. */
import { StintError } from '../errors.ts';

export function badPage(): StintError {
  return new StintError(
    'STINT_LEDGER_PAGE',
    'expected `after` to be `next` of the page before, got something else; leave it out for the first page',
  );
}
