/** Where the ledger of all tasks is, by the STINT_LEDGER of the settings. */
import type { Settings } from './settings.ts';

export type LedgerPlace = { readonly kind: 'postgres' } | { readonly kind: 'dynamodb'; readonly table: string };

/** Undefined: nowhere that outlives a task. */
export function ledgerPlaceOf({ env: { STINT_LEDGER: ledger = '' } }: Settings): LedgerPlace | undefined {
  if (ledger === 'postgres') return { kind: 'postgres' };
  const table = /^dynamodb:([\w.-]{3,255})$/.exec(ledger)?.[1];
  return table === undefined ? undefined : { kind: 'dynamodb', table };
}
