/** Figures as a message compares them: `3 % longer than`. */
import { formatNumber } from './run-report/words.ts';

/** Undefined: there are none. */
export function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

/** How `ms` stands to `usualMs`: `12 % longer than`, `as long as`, `8 times as long as`. */
export function howMuchLonger(ms: number, usualMs: number): string {
  const ratio = ms / Math.max(usualMs, 1);
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  if (percent < 5) return 'as long as';
  if (ratio >= 2) return `${formatNumber(ratio)} times as long as`;
  return `${percent} % ${ratio > 1 ? 'longer' : 'shorter'} than`;
}
