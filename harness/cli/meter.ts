/** How far something is, as one line: a bar where there is room, then what matters most, as much as fits. */
import { leftMs, type Progress } from '@stint/sdk';
import type { Paint } from './format.ts';
import { formatMs, formatNumber } from './format.ts';

export interface Meter {
  /** What there is so many of: `points`. Empty: of a run's items. */
  readonly unit: string;
  readonly done: number;
  /** Undefined: not known (yet). */
  readonly total: number | undefined;
  readonly perSecond: number;
  /** Undefined: not known (yet). */
  readonly leftMs: number | undefined;
  /** What else there is to say, what matters most first. */
  readonly parts: readonly string[];
}

/** Of what was begun at that moment, by `performance.now()`. */
export function meterSince(
  startedMs: number,
  { done, total, ...rest }: Pick<Meter, 'unit' | 'done' | 'parts'> & { readonly total: number },
): Meter {
  const passedMs = performance.now() - startedMs;
  const left = done === 0 ? undefined : (passedMs / done) * (total - done);
  return { ...rest, done, total, perSecond: done / Math.max(passedMs / 1_000, 0.001), leftMs: left };
}

/** Of a run. */
export function meterOf(progress: Progress): Meter {
  const { total, settled, itemsPerSecond, succeeded, skipped, failed, inFlight, oneByOne, waitedMs } = progress;
  const failures = `failed ${formatNumber(failed)}`;
  return {
    unit: '',
    done: settled,
    total,
    perSecond: itemsPerSecond,
    leftMs: leftMs(progress),
    // In a narrow terminal the last ones are left out: a failure is no such thing.
    parts: [
      ...(oneByOne === undefined ? [] : [`one by one: ${formatNumber(oneByOne)} to go`]),
      ...(failed > 0 ? [failures] : []),
      `ok ${formatNumber(succeeded)}`,
      `skipped ${formatNumber(skipped)}`,
      ...(waitedMs >= 1_000 ? [`held back ${formatMs(waitedMs)}`] : []),
      ...(failed > 0 ? [] : [failures]),
      `${inFlight} in flight`,
    ],
  };
}

// All of a run's figures, in the thousands: a longer bar would cost the last of them.
const longestText = 99;

export function meterText(
  { unit, done, total, perSecond, leftMs: left, parts }: Meter,
  columns: number,
  paint: Paint,
): string {
  const size = !total || columns < 49 ? 0 : Math.min(30, Math.max(10, columns - longestText));
  const count = total === undefined ? formatNumber(done) : `${formatNumber(done)}/${formatNumber(total)}`;
  const texts = [unit === '' ? count : `${count} ${unit}`];
  texts.push(`${formatNumber(perSecond)}/s`);
  if (left !== undefined) texts.push(`${left < 1_000 ? '< 1 s' : formatMs(left)} left`);
  texts.push(...parts);
  const room = columns - (size === 0 ? 0 : size + 1);
  while (texts.length > 1 && texts.join('  ').length > room) texts.pop();
  const text = texts.join('  ').slice(0, room);
  if (size === 0) return text;
  const filled = Math.round(size * Math.min(1, done / (total ?? done)));
  return `${paint('green', '█'.repeat(filled))}${paint('dim', '░'.repeat(size - filled))} ${text}`;
}
