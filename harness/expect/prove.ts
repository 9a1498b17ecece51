/** `expect(report).to.prove({ lost: 0 })`: what a sweep has to have shown. */
import type { SweepReport } from '../sweep/report.ts';

/** What is not named is not looked at; with nothing named, nothing at all may have been found. */
export interface Proved {
  /** Points at which an item was lost. @default any number */
  readonly lost?: number;
  /** Writes that were repeated without the same idempotency key. @default any number */
  readonly duplicated?: number;
  /** Points at which rows, items, books, outcomes or the status are others. @default any number */
  readonly differences?: number;
  /** Points that were tried, at least. @default 1 */
  readonly points?: number;
}

const shownStories = 3;

/** What is not proved, a line each; empty: all is. */
export function findUnproved(report: SweepReport, expected: Proved): readonly string[] {
  const { points = 1, ...counts } = expected;
  const lines = Object.entries(counts).flatMap(([name, count]) => {
    const got = report[name as keyof typeof counts];
    return got === count ? [] : [`${name}: expected ${count}, got ${got}`];
  });
  if (report.tried < points) lines.push(`points: expected ${points} to be tried, got ${report.tried}`);
  const names = Object.keys(counts);
  if (names.length === 0 && !report.passed)
    lines.push(`something was found at ${report.stories.reduce((sum, story) => sum + story.points.length, 0)} points`);
  return lines.length === 0 ? [] : [...lines, ...storiesOf(report)];
}

function storiesOf({ stories }: SweepReport): readonly string[] {
  const shown = stories
    .slice(0, shownStories)
    .flatMap(({ text, at, command }) => [`- ${text}${at === undefined ? '' : ` (see ${at})`}`, `  ${command}`]);
  const more = stories.length - shownStories;
  return more > 0 ? [...shown, `- and ${more} more`] : shown;
}
