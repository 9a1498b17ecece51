/** `expect(summary).to.have.settled({ … })`, `.balance`, `.failedWith(…)`: what became of a run's items. */
import type { Summary } from '@stint/sdk';

export interface Settled {
  /** @default any number */
  readonly read?: number;
  /** @default any number */
  readonly succeeded?: number;
  /** How many, or how many for each reason: then for no other reason. @default any number */
  readonly skipped?: number | Readonly<Record<string, number>>;
  /** @default 0 */
  readonly failed?: number;
  /** @default 0 */
  readonly quarantined?: number;
  /** @default 0 */
  readonly remaining?: number;
  /** By the names that the job counts under; others may be there. @default any */
  readonly counts?: Readonly<Record<string, number>>;
}

/** What is not as it was expected, a line each. */
export function findUnsettled(summary: Summary, expected: Settled): readonly string[] {
  const { items, skipped, counts, failuresByError } = summary;
  const { failed = 0, quarantined = 0, remaining = 0 } = expected;
  const lines = [
    ...compare('read', expected.read, items.read),
    ...compare('succeeded', expected.succeeded, items.succeeded),
    ...(typeof expected.skipped === 'object'
      ? compareEach('skipped', expected.skipped, skipped)
      : compare('skipped', expected.skipped, items.skipped, skipped)),
    ...compare('failed', failed, items.failed, failuresByError),
    ...compare('quarantined', quarantined, items.quarantined),
    ...compare('remaining', remaining, items.remaining),
  ];
  for (const [name, count] of Object.entries(expected.counts ?? {}))
    lines.push(...compare(`counts '${name}'`, count, counts[name] ?? 0));
  return lines;
}

function compareEach(
  what: string,
  expected: Readonly<Record<string, number>>,
  got: Readonly<Record<string, number>>,
): readonly string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...names].flatMap((name) => compare(`${what} '${name}'`, expected[name] ?? 0, got[name] ?? 0));
}

function compare(
  what: string,
  expected: number | undefined,
  got: number,
  details: Readonly<Record<string, number>> = {},
): readonly string[] {
  if (expected === undefined || expected === got) return [];
  const shown = Object.entries(details).map(([name, count]) => `${name} ${count}`);
  return [`${what}: expected ${expected}, got ${got}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`];
}

/** How the accounts fail to balance; undefined: they do. */
export function findImbalance({ items, skipped, failuresByError }: Summary): string | undefined {
  const { read, succeeded, failed, quarantined, remaining } = items;
  const settled = succeeded + items.skipped + failed + quarantined;
  if (read !== settled + remaining) return `${read} were read, but ${settled} settled and ${remaining} remain`;
  const byReason = sum(skipped);
  if (byReason !== items.skipped) return `${items.skipped} were skipped, but the reasons add up to ${byReason}`;
  const byError = sum(failuresByError);
  return byError === failed ? undefined : `${failed} failed, but the errors add up to ${byError}`;
}

/** How many items failed with an error of this name, code, or `name code`. */
export function countFailures({ failuresByError }: Summary, error: string): number {
  const isMeant = (name: string) => name === error || name.split(' ').includes(error);
  return sum(Object.fromEntries(Object.entries(failuresByError).filter(([name]) => isMeant(name))));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
