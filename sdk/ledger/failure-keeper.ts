/**
 * Makes the records of failed items, with their last HTTP exchanges; secrets are blanked in both.
 *
 * Exchanges are kept while there is room for them (16 MB an attempt): of a provider that fails for everybody the first
 * hundreds tell as much as all.
 */
import type { Clock } from '../clock.ts';
import type { KeepFailure } from '../loop/loop-context.ts';
import type { ExchangeLog } from '../report/exchange-log.ts';
import { redactExchanges } from '../report/redact.ts';
import type { Redaction } from '../report/redaction.ts';
import type { Cursor } from '../sources/source.ts';
import type { HttpExchange } from './ledger.ts';

const mostExchangeBytes = 16 * 2 ** 20;

export function openFailureKeeper(clock: Pick<Clock, 'now'>, redaction: Redaction): KeepFailure {
  let leftBytes = mostExchangeBytes;
  const exchangesOf = (log: ExchangeLog | undefined): readonly HttpExchange[] => {
    if (log === undefined || leftBytes <= 0) return [];
    const exchanges = redactExchanges(log, redaction.secrets);
    leftBytes -= Buffer.byteLength(JSON.stringify(exchanges));
    return exchanges;
  };
  return ({ loop, key, attempts, position, exchanges }, outcome, error) => ({
    loop,
    key,
    cursor: positionOrNull(position),
    outcome,
    error: redaction.error(error),
    attempts,
    failedAt: new Date(clock.now()).toISOString(),
    exchanges: exchangesOf(exchanges),
  });
}

// A value that its handler has changed may have lost its key; the item is told by its `key` all the same.
function positionOrNull(position: () => Cursor): Cursor {
  try {
    return position();
  } catch {
    return null;
  }
}
