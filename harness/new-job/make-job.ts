/**
 * Makes a new job that passes the gate at once: job, test, four cases, the fake of its API if it has one, the entries in the
 * registries, and values of its variables in the example stage. Nothing is overwritten, and an error leaves nothing behind.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@stint/sdk';
import { exampleCases } from './example-cases.ts';
import { codeFromTemplates, format } from './from-template.ts';
import { checkName, type NewJob, namesOf } from './new-job.ts';
import { type RegistryEntry, withEntry } from './registry-entry.ts';
import { exampleStage, withVariables } from './stage-entry.ts';
import { type Change, writeAll } from './write-all.ts';

export interface MadeJob {
  /** Files that were written, by their paths in the repository. */
  readonly created: readonly string[];
  /** Files that got an entry. */
  readonly changed: readonly string[];
}

/**
 * Writes the job into the repository at `root`.
 * @throws UsageError when the name cannot be had; StintError when something is amiss with the repository or its disk
 */
export async function makeJob(root: string, job: NewJob): Promise<MadeJob> {
  checkIsFree(root, job.name);
  const created = new Map(await codeFromTemplates(root, job));
  for (const [path, text] of exampleCases(job)) created.set(`fixtures/${job.name}/${path}`, text);
  const changed = new Map<string, Change>();
  for (const entry of entriesOf(job)) changed.set(entry.path, await enter(root, entry));
  // Who has taken the example away has stages of their own.
  if (job.api && existsSync(join(root, exampleStage))) changed.set(exampleStage, await enterVariables(root, job));
  writeAll(root, { created, changed });
  return { created: [...created.keys()], changed: [...changed.keys()] };
}

/** @throws UsageError when the name is not one, or something of that name is there */
export function checkIsFree(root: string, name: string): void {
  checkName(name);
  const places = [`jobs/${name}`, `fixtures/${name}`, `harness/fakes/${namesOf(name).fake}.ts`];
  const taken = places.filter((place) => existsSync(join(root, place)));
  if (taken.length === 0) return;
  throw new UsageError(
    `expected the name of a job that there is not, got "${name}": ${taken.join(' and ')} would be overwritten; choose another`,
  );
}

function entriesOf(job: NewJob): readonly RegistryEntry[] {
  const { jobIdentifier, fake, fakeIdentifier } = namesOf(job.name);
  const ofJob: RegistryEntry = {
    path: 'jobs/registry.ts',
    importLine: `import ${jobIdentifier} from './${job.name}/job.ts';`,
    identifier: jobIdentifier,
  };
  const ofFake: RegistryEntry = {
    path: 'harness/fakes/registry.ts',
    importLine: `import { ${fakeIdentifier} } from './${fake}.ts';`,
    identifier: fakeIdentifier,
  };
  return job.api ? [ofJob, ofFake] : [ofJob];
}

async function enter(root: string, entry: RegistryEntry): Promise<Change> {
  const before = readFileSync(join(root, entry.path), 'utf8');
  return { before, after: await format(root, entry.path, withEntry(before, entry)) };
}

async function enterVariables(root: string, { name }: NewJob): Promise<Change> {
  const before = readFileSync(join(root, exampleStage), 'utf8');
  return { before, after: await format(root, exampleStage, withVariables(before, namesOf(name))) };
}
