/** `stint sweep <job>`: runs a case once more for each point at which something can go wrong. */
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { exitCodes, findJob, stopOnSignals, UsageError } from '@stint/sdk';
import { repositoryRoot } from '../repository.ts';
import { startStack } from '../stack/start-stack.ts';
import { sweepPage } from '../sweep/html/page.ts';
import { type PointKind, pointKinds } from '../sweep/point.ts';
import type { SweepMode, SweepReport } from '../sweep/report.ts';
import type { LedgerKind } from '../sweep/site.ts';
import { type SweepOptions, sweep } from '../sweep/sweep.ts';
import { SweepError } from '../sweep/sweep-error.ts';
import { environment } from './environment.ts';
import { findCase } from './find-case.ts';
import { coloursOf } from './format.ts';
import { checkHtmlFile, writeHtmlFile } from './html-file.ts';
import { meterSince } from './meter.ts';
import { print } from './print.ts';
import { sweepText } from './sweep-text.ts';
import { openWatch, type Watch } from './watch.ts';

export interface SweepFlags {
  /** Case of fixtures/<job>/, or the path of one. @default sweep, else happy */
  readonly fixture?: string;
  /** @default 'all' */
  readonly kind?: PointKind | 'all';
  /** @default 'fast' */
  readonly mode?: SweepMode;
  /** How many of each kind at most, or `all`. @default 200 */
  readonly points?: string;
  /** @default 1 */
  readonly seed?: number;
  /** @default 'postgres' */
  readonly ledger?: LedgerKind;
  /** Ids of the points to try, in place of a choice. @default none */
  readonly point?: readonly string[];
  /** @default 'embedded' */
  readonly stack?: 'embedded' | 'containers' | 'auto';
  /** @default false */
  readonly json?: boolean;
  /** Where to write a page of it. @default nowhere */
  readonly html?: string;
}

const defaultPoints = 200;

/** Exit code 0 when nothing was found, 1 when something was. @throws UsageError, SweepError, FixtureError */
export async function sweepCommand(name: string, flags: SweepFlags): Promise<void> {
  const {
    kind = 'all',
    mode = 'fast',
    seed = 1,
    ledger = 'postgres',
    point: only,
    stack: on = 'embedded',
    json = false,
    html,
  } = flags;
  const job = findJob(jobs, name);
  const points = readPoints(flags.points);
  const kinds = kindsOf(kind, mode, ledger, only);
  const testCase = await findCase(name, flags.fixture, ['sweep', 'happy']);
  if (html !== undefined) checkHtmlFile(html);
  using watch = openWatch(process.stderr);
  using signals = stopOnSignals();
  const { signal } = signals;
  const directory = join(repositoryRoot, '.stint');
  await using stack = await startStack({
    kind: on,
    environment,
    directory,
    onStatus: watch.say,
    onWait: watch.wait,
    signal,
  });
  watch.say(`sweeping ${name}/${testCase.name}: ${testCase.description}`);
  const chosen = only === undefined ? { points } : { only };
  const report = await sweep({
    stack,
    testCase,
    job,
    kinds,
    mode,
    seed,
    ledger,
    ...chosen,
    signal,
    onTrial: tellProgress(watch),
  }).catch(tellUsage);
  if (html !== undefined) {
    writeHtmlFile(html, sweepPage(report));
    watch.say(`a map of all points: ${html}`);
  }
  watch.aside(() => print(json ? JSON.stringify(report, null, 2) : sweepText(report, coloursOf(process.stdout))));
  process.exitCode = exitCodeOf(report);
}

/** A point or a mode that cannot be is a mistake of whoever typed it; a case that does not end is none. */
function tellUsage(error: unknown): never {
  if (error instanceof SweepError && error.code !== 'STINT_SWEEP_REFERENCE') throw new UsageError(error.message);
  throw error;
}

function tellProgress(watch: Watch): NonNullable<SweepOptions['onTrial']> {
  const startedMs = performance.now();
  let [red, notTried] = [0, 0];
  return (trial, done, total) => {
    if (trial.notTried !== undefined) notTried += 1;
    else if (trial.findings.length > 0) {
      red += 1;
      // The report groups them: here is what is to be seen while it goes on.
      watch.say(`red: ${trial.point.id}`);
    }
    const parts = [`${red} red`, ...(notTried > 0 ? [`${notTried} not tried`] : [])];
    watch.meter(meterSince(startedMs, { unit: 'points', done, total, parts }));
  };
}

function exitCodeOf({ passed }: SweepReport): number {
  return passed ? exitCodes.succeeded : exitCodes.failed;
}

function readPoints(text: string | undefined): number | 'all' {
  if (text === undefined) return defaultPoints;
  if (text === 'all') return 'all';
  const points = Number(text);
  if (Number.isInteger(points) && points > 0) return points;
  throw new UsageError(`expected --points to be a whole number of 1 or more, or all, got "${text}"`);
}

function kindsOf(
  kind: PointKind | 'all',
  mode: SweepMode,
  ledger: LedgerKind,
  only: readonly string[] | undefined,
): readonly PointKind[] {
  if (mode === 'process') {
    if (kind !== 'all' && kind !== 'crash')
      throw new UsageError(
        `expected --mode process with --kind crash alone, got --kind ${kind}: only a process can be killed`,
      );
    if (ledger === 'memory')
      throw new UsageError(
        'expected --mode process with a ledger that outlives a process, postgres or dynamodb, got memory',
      );
    return ['crash'];
  }
  if (only === undefined) return kind === 'all' ? pointKinds : [kind];
  const named = pointKinds.filter((each) => only.some((id) => id.startsWith(`${each}:`)));
  const wrong = only.find((id) => id !== 'reference' && !pointKinds.some((each) => id.startsWith(`${each}:`)));
  if (wrong === undefined) return named;
  throw new UsageError(`expected the id of a point like crash:7:after, got "${wrong}"; take one from a report`);
}
