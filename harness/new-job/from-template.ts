/**
 * Code of a new job, from the templates beside this file.
 *
 * Templates are real jobs, tests and fakes of the name example-job, so that they are type-checked and linted where they
 * stand. A name of another length breaks lines elsewhere: `format` sets that right.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StintError } from '@stint/sdk';
import { type NewJob, namesOf } from './new-job.ts';

const templates = join(import.meta.dirname, 'templates');

/** Job, test and, where there is an API, fake: by their paths in the repository. */
export async function codeFromTemplates(root: string, job: NewJob): Promise<ReadonlyMap<string, string>> {
  const kind = job.api ? `${job.source}-api` : job.source;
  const sources = new Map([
    [`jobs/${job.name}/job.ts`, `${kind}/job.ts`],
    [`jobs/${job.name}/job.test.ts`, `${kind}/job-test.ts`],
  ]);
  if (job.api) sources.set(`harness/fakes/${namesOf(job.name).fake}.ts`, 'fake.ts');
  const files = await Promise.all(
    [...sources].map(async ([path, template]) => {
      const text = await readFile(join(templates, template), 'utf8');
      return [path, await format(root, path, renamed(text, job))] as const;
    }),
  );
  return new Map(files);
}

function renamed(text: string, job: NewJob): string {
  const names = namesOf(job.name);
  return text
    .replaceAll('example-job', names.job)
    .replaceAll('example-api', names.fake)
    .replaceAll('exampleApi', names.fakeIdentifier)
    .replaceAll('EXAMPLE_API', names.variable)
    .replaceAll("'../../fakes/", "'./");
}

/** The text as `npm run format` would leave it at `path`: formatted, imports in order. */
export function format(root: string, path: string, text: string): Promise<string> {
  const biome = join(root, 'node_modules/.bin/biome');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    process.execPath,
    [biome, 'check', '--write', `--stdin-file-path=${path}`],
    { cwd: root, encoding: 'utf8' },
    (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const says = stderr.trim() || error.message;
      reject(
        new StintError('STINT_FORMAT', `expected biome to format ${path}; run npm ci, then again. It says:\n${says}`),
      );
    },
  );
  // Biome that is not there is told of above.
  child.stdin?.on('error', () => {});
  child.stdin?.end(text);
  return promise;
}
