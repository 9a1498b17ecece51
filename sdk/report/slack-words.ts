/** Figures as a message says them: `2,400`, `4 min 5 s`, `3 % longer than`. */

export function countText(count: number): string {
  return count.toLocaleString('en', { maximumFractionDigits: count < 10 ? 1 : 0 });
}

/** `13.3 s`, `4 min 5 s`, `2 h 3 min` */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(ms / 60_000);
  return `${countText(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

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
  if (ratio >= 2) return `${countText(ratio)} times as long as`;
  return `${percent} % ${ratio > 1 ? 'longer' : 'shorter'} than`;
}
