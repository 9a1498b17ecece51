/** `stint record --drift <case>`: tells what live services answer in another shape than a case has recorded. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitCodes, UsageError } from '@stint/sdk';
import { loadCase } from '../fixture/index.ts';
import { type DriftReport, findDrift } from '../record/drift.ts';
import { repositoryRoot } from '../repository.ts';
import { environment } from './environment.ts';
import { formatCount } from './format.ts';
import { print } from './print.ts';
import type { WatchedRun } from './watched-run.ts';

export interface DriftFlags {
  /** Folder of a case, or `<job>/<case>`. */
  readonly drift: string;
  /** Send requests that may change something, too. @default false */
  readonly writes?: boolean;
  /** @default false */
  readonly json?: boolean;
}

/** Exit code 1 when something has changed. @throws UsageError, FixtureError, EnvironmentError */
export async function driftCommand(
  { drift, writes = false, json = false }: DriftFlags,
  run: WatchedRun,
): Promise<void> {
  const folders = [resolve(drift), join(repositoryRoot, 'fixtures', drift)];
  const directory = folders.find((folder) => existsSync(join(folder, 'case.json')));
  if (directory === undefined)
    throw new UsageError(`expected --drift to name a case as <job>/<case> or by its folder, got "${drift}"`);
  const testCase = await loadCase(directory);
  if (Object.keys(testCase.http).length === 0)
    throw new UsageError(`expected ${drift} to have recorded services ("http" in its case.json), but it has none`);
  if (writes) run.watch.say('SENDING WRITES to the live services of this environment, as --writes asks for');
  const report = await findDrift(testCase, { environment, writes, signal: run.signals.signal });
  run.watch[Symbol.dispose]();
  print(json ? JSON.stringify(report, null, 2) : driftText(report));
  if (report.changes.length > 0) process.exitCode = exitCodes.failed;
}

function driftText({ asked, left, changes }: DriftReport): string {
  const asking = `${formatCount(asked, 'request')} asked${left === 0 ? '' : `, ${formatCount(left, 'write')} left out (--writes sends such)`}`;
  if (changes.length === 0) return `no drift: ${asking}`;
  return [
    `drift: ${asking}`,
    ...changes.map(({ what, requests, example }) => `  ${what}  (${requests} of them, e.g. ${example})`),
  ].join('\n');
}
