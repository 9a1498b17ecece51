/** Which failed items a redrive works, as a person reads it. */
import type { Redrive } from '../ledger/redrive.ts';
import { formatNumber } from './run-report/words.ts';

const shownKeys = 5;

/** `of the failed items of 01…, those with STINT_HTTP_500: 7, 8` */
export function redriveText({ runId, error, keys }: Redrive): string {
  const which = error === null ? '' : `, those with ${error}`;
  // Summaries of an earlier Stint have none.
  if (!keys) return `of the failed items of ${runId}${which}`;
  const rest = keys.length > shownKeys ? ` and ${formatNumber(keys.length - shownKeys)} more` : '';
  return `of the failed items of ${runId}${which}: ${keys.slice(0, shownKeys).join(', ')}${rest}`;
}
