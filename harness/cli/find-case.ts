/** Finds the case that a command is to use: by its name below the job's folder, by its path, or the job's usual one. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '@stint/sdk';
import { type Case, defaultFirst, listCases, loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';

const fixtures = join(repositoryRoot, 'fixtures');

/**
 * @param usual names of cases that are taken when none is named, the first that there is. @default demo, else happy, else any
 * @throws UsageError when there is none, also for one that cannot be read
 */
export async function findCase(job: string, named: string | undefined, usual: readonly string[] = []): Promise<Case> {
  const cases = defaultFirst(await listCases(fixtures, job)).map((found) => found.name);
  const name = named ?? usual.find((each) => cases.includes(each)) ?? cases[0];
  if (name === undefined)
    throw new UsageError(`expected ${job} to have a case in fixtures/${job}/, but there is none; use --stack external`);
  if (cases.includes(name)) return loadCase(join(fixtures, job, name));
  if (existsSync(join(name, 'case.json'))) return loadCase(resolve(name));
  throw new UsageError(
    `expected --fixture to be one of ${cases.join(', ')} or the path of a folder with a case.json, got "${name}"`,
  );
}
