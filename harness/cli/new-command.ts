/**
 * `stint new`: makes a job. What is missing is asked for in a terminal; in a pipe it is an error that says what is
 * missing.
 */
import { UsageError } from '@stint/sdk';
import { askForJob } from '../new-job/ask-for-job.ts';
import { checkIsFree, type MadeJob, makeJob } from '../new-job/make-job.ts';
import { type NewJob, type SourceKind, sourceKinds } from '../new-job/new-job.ts';
import { repositoryRoot } from '../repository.ts';
import { print } from './print.ts';

export interface NewFlags {
  /** @default asked for */
  readonly source?: SourceKind;
  /** @default asked for when something else is, otherwise none */
  readonly api?: boolean;
  /** @default false */
  readonly json?: boolean;
}

export async function newCommand(name: string | undefined, { json = false, ...flags }: NewFlags): Promise<void> {
  if (name !== undefined) checkIsFree(repositoryRoot, name);
  const job = await complete(name, flags, !json && process.stdin.isTTY === true && process.stderr.isTTY === true);
  const made = await makeJob(repositoryRoot, job);
  const next = nextCommands(job);
  print(json ? JSON.stringify({ job: job.name, ...made, next }, null, 2) : madeText(job, made, next));
}

async function complete(name: string | undefined, { source, api }: NewFlags, mayAsk: boolean): Promise<NewJob> {
  if (name !== undefined && source !== undefined) return { name, source, api: api ?? false };
  if (mayAsk) return await askForJob({ name, source, api }, (free) => checkIsFree(repositoryRoot, free));
  const missing = [
    ...(name === undefined ? ['the name of the job'] : []),
    ...(source === undefined ? [`--source ${sourceKinds.join('|')}`] : []),
  ];
  throw new UsageError(
    `expected ${missing.join(' and ')}, got none; run: npx stint new <job> --source ${sourceKinds.join('|')} [--api]`,
  );
}

function nextCommands({ name }: NewJob): readonly string[] {
  return [`npx stint run ${name} --fixture mixed`, `npx mocha jobs/${name}/job.test.ts`, 'npm run check'];
}

function madeText({ name }: NewJob, { created, changed }: MadeJob, next: readonly string[]): string {
  const column = (title: string, lines: readonly string[]) =>
    lines.map((line, index) => `${(index === 0 ? title : '').padEnd(9)}${line}`);
  return [
    ...column('wrote', created),
    ...column('entered', changed),
    '',
    `${name} passes as it is. Make it yours: its page and query in job.ts first, then its cases.`,
    '',
    ...column('next', next),
  ].join('\n');
}
