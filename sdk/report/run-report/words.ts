/** Numbers, durations and times as people read them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `1,234`, `0.4` */
export function formatNumber(value: number): string {
  return (Math.abs(value) < 10 ? fine : whole).format(value);
}

/** `1 call`, `1,234 calls` */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`;
}

/** `0.4 ms`, `120 ms`, `3.2 s`, `4 min 10 s`, `2 h`, `3 d 4 h` */
export function formatMs(ms: number): string {
  // The limits are where rounding would reach the next unit.
  if (ms < 999.5) return `${formatNumber(ms)} ms`;
  if (ms < 59_950) return `${fine.format(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return parts(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 48 * 60) return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return parts(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function parts(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`;
}

/** `12 %`; what is little is not called nothing, and what is much not all. */
export function formatShare(part: number, all: number): string {
  const percent = all === 0 ? 0 : (100 * part) / all;
  if (part > 0 && percent < 0.1) return '< 0.1 %';
  return `${fine.format(part < all ? Math.min(percent, 99.9) : percent)} %`;
}

/** `2026-09-30 06:00:00` for an ISO 8601 time in UTC. */
export function formatTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

/**
 * Text that takes at most so many bytes in the page: what has to be escaped takes more, and there may be nothing else in it.
 */
export function cut(text: string, mostBytes: number): string {
  let bytes = 0;
  let end = 0;
  // By characters: a cut in one would leave half of it.
  for (const sign of text) {
    bytes += growing.test(sign) ? longestEntity : Buffer.byteLength(sign);
    if (bytes > mostBytes) return `${text.slice(0, end)}…`;
    end += sign.length;
  }
  return text;
}

const longestEntity = 6;
// Control characters are shown as U+FFFD.
const growing = /[&<>"']|(?![\t\n\r])\p{Cc}/u;

/** The most first. */
export function sortedCounts(counts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(counts).toSorted(([, a], [, b]) => b - a);
}

/** `settled 12, failed 3`: all of them, the most first. */
export function formatCounts(counts: Readonly<Record<string, number>>): string {
  return sortedCounts(counts)
    .map(([name, count]) => `${name} ${whole.format(count)}`)
    .join(', ');
}

/** `3 HttpError STINT_HTTP_500, 1 other`: the first few. */
export function countsText(counts: Readonly<Record<string, number>>, most = 4): string {
  const sorted = sortedCounts(counts);
  const shown = sorted.slice(0, most).map(([name, count]) => `${formatNumber(count)} ${cut(name, 80)}`);
  return sorted.length > most ? `${shown.join(', ')} and ${sorted.length - most} more` : shown.join(', ');
}
