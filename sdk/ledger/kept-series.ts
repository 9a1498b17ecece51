/** A series as a ledger keeps it: its points as rows below one line of names, a third of what they take as objects. */
import type { RunSeries, SeriesPoint } from '../report/run-series.ts';

/** A ledger keeps the series of so many attempts of a run, up to the last one that has any. */
export const mostSeries = 10;

interface KeptSeries {
  readonly attempt: number;
  readonly startedAt: string;
  readonly names: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

const nothing: SeriesPoint = {
  atMs: 0,
  settled: 0,
  succeeded: 0,
  skipped: 0,
  failed: 0,
  retried: 0,
  inFlight: 0,
  p95LatencyMs: 0,
  stalenessMs: 0,
  waitedMs: 0,
  rssMb: 0,
};
const names = Object.keys(nothing) as (keyof SeriesPoint)[];

/** Those that are kept, oldest first. An attempt whose process died has none; it counts among the last ones all the same. */
export function lastSeries(all: readonly RunSeries[]): readonly RunSeries[] {
  const last = Math.max(...all.map(({ attempt }) => attempt));
  return all.filter(({ attempt }) => attempt > last - mostSeries).toSorted((a, b) => a.attempt - b.attempt);
}

/** As JSON; figures are kept to the thousandth. */
export function formatSeries({ attempt, startedAt, points }: RunSeries): string {
  const rows = points.map((point) => names.map((name) => Math.round(point[name] * 1_000) / 1_000));
  const kept: KeptSeries = { attempt, startedAt, names, rows };
  return JSON.stringify(kept);
}

/** Of one that another version of Stint kept: what it has no figure for is 0, what it has besides is left out. */
export function readSeries(kept: string | KeptSeries): RunSeries {
  const {
    attempt,
    startedAt,
    names: columns,
    rows,
  } = typeof kept === 'string' ? (JSON.parse(kept) as KeptSeries) : kept;
  const known = columns.map((name, index) => [name, index] as const).filter(([name]) => name in nothing);
  const points = rows.map((row) => ({
    ...nothing,
    ...Object.fromEntries(known.map(([name, index]) => [name, row[index] ?? 0])),
  }));
  return { attempt, startedAt, points };
}
