/** Figures as a message compares them: `3 % longer than`. */
import { formatNumber } from './run-report/words.ts';

/** How `ms` stands to `usualMs`: `12 % longer than`, `as long as`, `8 times as long as`. */
export function howMuchLonger(ms: number, usualMs: number): string {
  const ratio = ms / Math.max(usualMs, 1);
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  if (percent < 5) return 'as long as';
  if (ratio >= 2) return `${formatNumber(ratio)} times as long as`;
  return `${percent} % ${ratio > 1 ? 'longer' : 'shorter'} than`;
}
