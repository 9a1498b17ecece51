/**
 * The commands for whoever is on call: what has run, what became of it, and how to go on with it.
 *
 *   runs      list them               resume    go on with one
 *   show      everything about one    redrive   work the failed items of one again
 *                                     cancel    end one
 *
 * They look at the kept embedded stack, which is what `stint run --keep` used, or with `--stack external` at the ledger that
 * the environment names.
 */
import {
  type FailedItem,
  type FailuresPage,
  type Ledger,
  launchJob,
  openLog,
  type RunRecord,
  readRunReport,
} from '@stint/sdk';
import { environment, user } from './environment.ts';
import { coloursOf } from './format.ts';
import { writeHtmlFile } from './html-file.ts';
import { openKeptPlaceIfAny } from './kept-place.ts';
import { print } from './print.ts';
import { jobOf, type ListQuery, openExternalPlace, type RunPlace } from './run-place.ts';
import { writeRunReport } from './run-report-file.ts';
import { runsText, statusOf } from './runs-text.ts';
import { showText } from './show-text.ts';
import { openWatch } from './watch.ts';
import { runOptions, type WatchedRun } from './watched-run.ts';

export interface PlaceFlags {
  /** @default false */
  readonly json?: boolean;
  /** @default 'embedded' */
  readonly stack?: 'embedded' | 'external';
}

export interface ShowFlags extends PlaceFlags {
  /** All failed items, with their exchanges. @default false */
  readonly failures?: boolean;
  /** File to write the report to, too. @default none */
  readonly html?: string;
}

export interface RedriveFlags extends PlaceFlags {
  /** Name or code. @default any */
  readonly error?: string;
  /** @default all */
  readonly key?: readonly string[];
  /** @default false */
  readonly dryRun?: boolean;
  /** @default all items */
  readonly limit?: number;
}

const shownFailures = 20;

export async function listRuns({ json = false, ...flags }: PlaceFlags & ListQuery): Promise<void> {
  await using place = await openPlace(flags);
  const { job, status, limit } = flags;
  const records = await place.runs({ ...(job && { job }), ...(status && { status }), ...(limit && { limit }) });
  print(json ? JSON.stringify(records, null, 2) : runsText(records, coloursOf(process.stdout)));
  if (records.length > 0 || json || flags.stack === 'external' || job || status) return;
  using watch = openWatch(process.stderr);
  watch.say('`stint run <job> --keep` keeps a run in .stint/; --stack external lists those of the environment');
}

export async function showRun(
  runId: string,
  { json = false, failures = false, html, ...flags }: ShowFlags,
): Promise<void> {
  await using place = await openPlace(flags);
  const { record, ledger, caseDirectory } = await place.find(runId);
  if (html !== undefined) {
    writeHtmlFile(html, await readRunReport(ledger, record));
    using watch = openWatch(process.stderr);
    watch.say(`the report: ${html}`);
  }
  const most = json || failures ? Number.POSITIVE_INFINITY : shownFailures;
  const shown = { record, caseDirectory, exchanges: failures, ...(await readFailures(record, ledger, most)) };
  if (json) print(JSON.stringify({ ...record, case: caseDirectory ?? null, failures: shown.failures }, null, 2));
  else print(showText(shown, coloursOf(process.stdout)));
}

export async function cancelRun(runId: string, { json = false, ...flags }: PlaceFlags): Promise<void> {
  await using place = await openPlace(flags);
  const { record: before, ledger } = await place.find(runId);
  await ledger.cancel(runId, user ?? 'the command line');
  const after = (await ledger.run(runId)) ?? before;
  print(json ? JSON.stringify(after, null, 2) : cancelText(before, after));
}

/** Goes on with a run on what it was run on before. @throws UnknownRunError, RunOverError */
export async function resumeRun(runId: string, flags: PlaceFlags, run: WatchedRun): Promise<void> {
  await launchAgain(runId, flags, run, { resumeRun: runId });
}

/** Works the failed items of a run again. @throws UnknownRunError, UsageError */
export async function redriveRun(runId: string, flags: RedriveFlags, run: WatchedRun): Promise<void> {
  const { error, key: keys, dryRun = false, limit } = flags;
  await launchAgain(runId, flags, run, {
    redrive: { runId, error, keys },
    dryRun,
    ...(limit === undefined ? {} : { limit }),
  });
}

async function launchAgain(
  runId: string,
  flags: PlaceFlags,
  run: WatchedRun,
  options: Pick<Parameters<typeof launchJob>[1], 'resumeRun' | 'redrive' | 'dryRun' | 'limit'>,
): Promise<void> {
  await using place = await openPlace(flags, run);
  const known = await place.find(runId);
  const job = jobOf(known.record);
  await using ground = await known.openGround();
  const { scope } = known.record;
  const summary = await launchJob(job, { ...runOptions(run), ...ground.launch, scope, ...options });
  const { say } = run.watch;
  // Of runs on stores of others a page on this machine is made when it is asked for.
  const isOurs = known.caseDirectory !== undefined;
  run.tell(summary, isOurs ? await writeRunReport({ summary, ledger: ground.ledger, say }) : undefined);
}

function openPlace({ stack }: PlaceFlags, run?: WatchedRun): Promise<RunPlace> {
  if (stack === 'external') return openExternalPlace(environment);
  const log = openLog(process.stderr);
  return openKeptPlaceIfAny({
    environment,
    say: run?.watch.say ?? ((line) => log.info(line)),
    ...(run && { signal: run.signals.signal, wait: run.watch.wait }),
  });
}

async function readFailures(
  { runId }: RunRecord,
  ledger: Ledger,
  most: number,
): Promise<{ readonly failures: readonly FailedItem[]; readonly hasMore: boolean }> {
  const items: FailedItem[] = [];
  let after: FailuresPage['next'];
  do {
    const page = await ledger.failures(runId, after === undefined ? {} : { after });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined && items.length < most);
  return { failures: items.slice(0, most), hasMore: after !== undefined || items.length > most };
}

function cancelText(before: RunRecord, { runId, ...after }: RunRecord): string {
  if (before.finishedAt !== undefined) return `${runId} is over already: ${before.status}`;
  if (after.finishedAt !== undefined) return `${runId} is cancelled; nobody worked on it`;
  const status = statusOf({ runId, ...after });
  return `${runId} was asked to end, and hears of it within seconds (${status}); see \`stint show ${runId}\``;
}
