/**
 * Runs of the weeks before, put into a ledger that has a few: copies of those, at the times of each job's schedule, with figures that
 * differ. Of a picture's data, nobody works with them.
 */
import { type Summary, seededRandom } from '@stint/sdk';
import pg from 'pg';
import { ulid } from 'ulid';

interface Habit {
  readonly everyMs: number;
  readonly items: number;
  readonly itemsPerSecond: number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const habits: Readonly<Record<string, Habit>> = {
  'poll-payment-status': { everyMs: 15 * minuteMs, items: 2_400, itemsPerSecond: 181 },
  'publish-cities': { everyMs: dayMs, items: 135_233, itemsPerSecond: 2_350 },
  'sync-exchange-rates': { everyMs: dayMs, items: 870, itemsPerSecond: 19.2 },
};
const runsBefore = 22;
/** By how many runs ago they were. */
const failedOnes = new Set([6]);
const someFailed = new Map([
  [3, 4],
  [9, 1],
  [14, 11],
]);

interface Row {
  readonly run_id: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly attempts: readonly object[];
  readonly summary: Summary;
}

export async function fillHistory(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const random = seededRandom(7);
    for (const [job, habit] of Object.entries(habits)) {
      await moveBack(client, job, habit);
      const { rows } = await client.query<{ row: Row }>(
        `select to_json(runs) as row from stint.runs
          where job = $1 and status = 'succeeded' and not dry_run and redrive_of is null order by started_at limit 1`,
        [job],
      );
      const [template] = rows;
      if (template === undefined) throw new Error(`expected a run of ${job} in the demo, got none`);
      const newestMs = Math.floor(Date.now() / habit.everyMs) * habit.everyMs - habit.everyMs;
      for (let ago = 0; ago < runsBefore; ago++) {
        const row = likeIt(template.row, habit, newestMs - ago * habit.everyMs, ago, random.next());
        await client.query(`insert into stint.runs select * from json_populate_record(null::stint.runs, $1)`, [
          JSON.stringify(row),
        ]);
      }
    }
  } finally {
    await client.end();
  }
}

/** The runs of the demo were all a moment ago: they become the oldest. */
async function moveBack(client: pg.Client, job: string, { everyMs }: Habit): Promise<void> {
  await client.query(
    `update stint.runs set started_at = started_at - $2::interval, updated_at = updated_at - $2::interval,
       finished_at = finished_at - $2::interval where job = $1`,
    [job, `${(everyMs / 1_000) * (runsBefore + 3)} seconds`],
  );
}

function likeIt(template: Row, habit: Habit, startedMs: number, ago: number, chance: number): object {
  const isFailed = failedOnes.has(ago);
  const items = Math.round(habit.items * (0.86 + 0.28 * chance) * (isFailed ? 0.3 : 1));
  const itemsPerSecond = habit.itemsPerSecond * (0.94 + 0.1 * ((chance * 7) % 1));
  const durationMs = (items / itemsPerSecond) * 1_000;
  const failed = isFailed ? 26 : (someFailed.get(ago) ?? 0);
  const iso = (ms: number) => new Date(ms).toISOString();
  const [startedAt, finishedAt] = [
    iso(startedMs + 700 + 900 * chance),
    iso(startedMs + 700 + 900 * chance + durationMs),
  ];
  const runId = ulid(startedMs);
  const status = isFailed ? 'failed' : 'succeeded';
  const trigger = { kind: 'schedule', by: 'scheduler', scheduledTime: iso(startedMs) } as const;
  const skipped = Math.round(items * 0.18);
  const summary: Summary = {
    ...template.summary,
    ...{ runId, status, trigger, startedAt, finishedAt, durationMs, scope: {} },
    items: {
      ...template.summary.items,
      read: items,
      skipped,
      failed,
      succeeded: items - skipped - failed,
      remaining: 0,
    },
    rate: { ...template.summary.rate, itemsPerSecond },
    failuresByError: failed === 0 ? {} : { 'HttpError STINT_HTTP_500': failed },
  };
  return {
    ...template,
    ...{ run_id: runId, claim_id: runId, identity: runId, lease_key: runId, status, scope: {}, trigger, summary },
    attempts: template.attempts.map((attempt) => ({ ...attempt, startedAt, endedAt: finishedAt, status })),
    ...{ started_at: startedAt, updated_at: finishedAt, finished_at: finishedAt },
  };
}
