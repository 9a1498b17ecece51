/**
 * Runs of the weeks before, put into a ledger that has a few: copies of those, at the times of each job's schedule, with figures that
 * differ. Of a picture's data: nobody works with them.
 */
import { type Summary, seededRandom } from '@stint/sdk';
import pg from 'pg';
import { ulid } from 'ulid';

interface Habit {
  readonly everyMs: number;
  /** Of its times, from midnight in UTC. */
  readonly offsetMs: number;
  readonly items: number;
  readonly itemsPerSecond: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const habits: Readonly<Record<string, Habit>> = {
  'poll-payment-status': { everyMs: 15 * minuteMs, offsetMs: 0, items: 2_400, itemsPerSecond: 181 },
  'publish-cities': { everyMs: 24 * hourMs, offsetMs: 0, items: 135_233, itemsPerSecond: 2_350 },
  'sync-exchange-rates': { everyMs: 24 * hourMs, offsetMs: 5.5 * hourMs, items: 870, itemsPerSecond: 19.2 },
};
const runsBefore = 22;
/** By how many runs ago they were: that which failed, and how many items did. */
const failedRun = 6;
const failedItems = new Map([
  [3, 4],
  [failedRun, 26],
  [9, 1],
  [14, 11],
]);

interface Row {
  readonly run_id: string;
  readonly started_at: string;
  readonly attempts: readonly object[];
  readonly summary: Summary;
}

export async function fillHistory(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const random = seededRandom(7);
    for (const [job, habit] of Object.entries(habits)) {
      const template = await findTemplate(client, job);
      const { everyMs, offsetMs } = habit;
      const newestMs = Math.floor((Date.now() - offsetMs - 2 * minuteMs) / everyMs) * everyMs + offsetMs;
      await moveBack(client, job, newestMs - runsBefore * everyMs, everyMs);
      for (let ago = 0; ago < runsBefore; ago++) {
        const row = likeIt(template, habit, newestMs - ago * everyMs, ago, random.next());
        const put = 'insert into stint.runs select * from json_populate_record(null::stint.runs, $1)';
        await client.query(put, [JSON.stringify(row)]);
      }
    }
  } finally {
    await client.end();
  }
}

async function findTemplate(client: pg.Client, job: string): Promise<Row> {
  const { rows } = await client.query<{ row: Row }>(
    `select to_json(runs) as row from stint.runs
      where job = $1 and status = 'succeeded' and not dry_run and redrive_of is null order by started_at limit 1`,
    [job],
  );
  const [template] = rows;
  if (template === undefined) throw new Error(`expected a run of ${job} in the demo, got none`);
  return template.row;
}

/** The runs of the demo were all a moment ago: they become the oldest, one after the other. */
async function moveBack(client: pg.Client, job: string, toMs: number, everyMs: number): Promise<void> {
  const { rows } = await client.query<{ row: Row }>(
    'select to_json(runs) as row from stint.runs where job = $1 order by started_at desc',
    [job],
  );
  for (const [place, { row }] of rows.entries()) {
    const byMs = toMs - place * everyMs - Date.parse(row.started_at);
    await client.query(
      `update stint.runs set (attempts, summary, started_at, updated_at, finished_at) =
         (select attempts, summary, started_at, updated_at, finished_at from json_populate_record(null::stint.runs, $2))
        where run_id = $1`,
      [row.run_id, moveTimes(JSON.stringify(row), byMs)],
    );
    const failures = await client.query<{ seq: number; ordinal: number; item: object }>(
      'select seq, ordinal, item from stint.failures where run_id = $1',
      [row.run_id],
    );
    for (const { seq, ordinal, item } of failures.rows)
      await client.query('update stint.failures set item = $4 where run_id = $1 and seq = $2 and ordinal = $3', [
        ...[row.run_id, seq, ordinal],
        moveTimes(JSON.stringify(item), byMs),
      ]);
  }
}

function moveTimes(json: string, byMs: number): string {
  return json.replace(/"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"/g, (time) =>
    JSON.stringify(new Date(Date.parse(JSON.parse(time)) + byMs)),
  );
}

function likeIt(template: Row, habit: Habit, scheduledMs: number, ago: number, chance: number): object {
  const iso = (ms: number) => new Date(ms).toISOString();
  const items = Math.round(habit.items * (0.86 + 0.28 * chance) * (ago === failedRun ? 0.3 : 1));
  const itemsPerSecond = habit.itemsPerSecond * (0.94 + 0.1 * ((chance * 7) % 1));
  const durationMs = (items / itemsPerSecond) * 1_000;
  const startedMs = scheduledMs + 700 + 900 * chance;
  const [startedAt, finishedAt] = [iso(startedMs), iso(startedMs + durationMs)];
  const [failed, skipped] = [failedItems.get(ago) ?? 0, Math.round(items * 0.18)];
  const status = ago === failedRun ? 'failed' : 'succeeded';
  const trigger = { kind: 'schedule', by: 'scheduler', scheduledTime: iso(scheduledMs) } as const;
  const runId = ulid(scheduledMs);
  const summary: Summary = {
    ...template.summary,
    ...{ runId, status, trigger, startedAt, finishedAt, durationMs, scope: {} },
    items: { ...template.summary.items, read: items, skipped, failed, succeeded: items - skipped - failed },
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
