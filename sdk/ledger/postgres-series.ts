/** How the attempts of a run went over their time, in PostgreSQL. */
import type { RunSeries } from '../report/run-series.ts';
import { formatSeries, mostSeries, readSeries as read } from './kept-series.ts';
import type { Queries } from './postgres-connection.ts';
import { type Tables, toText } from './postgres-tables.ts';

/** In the transaction that ends the attempt. */
export async function keepSeries(queries: Queries, { series }: Tables, runId: string, kept: RunSeries): Promise<void> {
  await queries.query(
    `with kept as (
       insert into ${series} (run_id, attempt, points) values ($1, $2, $3::json)
       on conflict (run_id, attempt) do update set points = excluded.points
     )
     delete from ${series} where run_id = $1 and attempt <= $2::integer - ${mostSeries}`,
    [toText(runId), kept.attempt, formatSeries(kept)],
  );
}

/** Oldest first. */
export async function readSeries(queries: Queries, { series }: Tables, runId: string): Promise<readonly RunSeries[]> {
  const rows = await queries.query<{ readonly points: Parameters<typeof read>[0] }>(
    `select points from ${series} where run_id = $1 order by attempt`,
    [toText(runId)],
  );
  return rows.map(({ points }) => read(points));
}
