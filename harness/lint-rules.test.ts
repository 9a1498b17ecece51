import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { repositoryRoot } from './repository.ts';
import { makeScratch } from './stack/testing/scratch.ts';

/** Where the code would stand, the code, and what the rule must say; undefined: nothing. */
type Snippet = readonly [path: string, code: string, says: string | undefined];

const importOf = (name: string) => `import { x } from '${name}';\nexport const y = x;\n`;
const jobImports = 'A job imports @stint/sdk and zod only';
const driver = "Only the store's own source, port and ledger know its driver";
const sdkAlone = 'sdk imports nothing of the repo';
const noTestCode = 'Test code stays out of what runs in production';

const imports: readonly (readonly [path: string, name: string, says: string | undefined])[] = [
  ['jobs/a/job.ts', '@stint/sdk', undefined],
  ['jobs/a/job.ts', 'zod', undefined],
  ['jobs/a/job.ts', './rates.ts', undefined],
  ['jobs/registry.ts', './a/job.ts', undefined],
  ['jobs/a/job.test.ts', '@stint/harness', undefined],
  ['jobs/a/job.ts', 'pg', jobImports],
  ['jobs/a/job.ts', 'pg/lib/client.js', jobImports],
  ['jobs/a/job.ts', '@aws-sdk/client-s3', jobImports],
  ['jobs/a/job.ts', 'node:fs', jobImports],
  ['jobs/a/job.ts', 'node:http', jobImports],
  ['jobs/a/job.ts', 'node:net', jobImports],
  ['jobs/a/job.ts', 'undici', jobImports],
  ['jobs/a/job.ts', 'node:timers/promises', jobImports],
  ['jobs/a/job.ts', '@stint/harness', jobImports],
  ['jobs/a/job.ts', '../../harness/index.ts', jobImports],
  ['jobs/a/job.ts', '../../sdk/run.ts', jobImports],
  ['jobs/a/job.ts', '../b/job.ts', jobImports],
  ['sdk/a.ts', 'pino', undefined],
  ['sdk/a.ts', 'pg', driver],
  ['sdk/a.ts', 'pg-cursor', driver],
  ['sdk/a.ts', '@aws-sdk/client-dynamodb', driver],
  ['sdk/ports/http.ts', 'pg', driver],
  ['sdk/a.ts', '@stint/jobs/registry', sdkAlone],
  ['sdk/a.ts', '../jobs/registry.ts', sdkAlone],
  ['sdk/ports/a.ts', '../../harness/index.ts', sdkAlone],
  ['sdk/a.ts', './testing/clock.ts', noTestCode],
  ['sdk/a.test.ts', './testing/clock.ts', undefined],
  ...['sources', 'ports', 'ledger'].flatMap(
    (room) =>
      [
        [`sdk/${room}/postgres.ts`, 'pg', undefined],
        [`sdk/${room}/postgres-portal.ts`, 'pg-cursor', undefined],
        [`sdk/${room}/postgres.ts`, '@aws-sdk/client-dynamodb', driver],
        [`sdk/${room}/dynamodb.ts`, '@aws-sdk/lib-dynamodb', undefined],
        [`sdk/${room}/dynamodb-batch.ts`, 'pg', driver],
        [`sdk/${room}/postgres.ts`, '../../jobs/registry.ts', sdkAlone],
        [`sdk/${room}/dynamodb.ts`, '@stint/deploy', sdkAlone],
        [`sdk/${room}/postgres.ts`, '../testing/world.ts', noTestCode],
        [`sdk/${room}/dynamodb.ts`, '../testing/world.ts', noTestCode],
      ] as const,
  ),
  ['harness/a.ts', '@stint/sdk', undefined],
  ['harness/a.ts', '@stint/jobs/registry', undefined],
  ['harness/a.ts', '../deploy/task.ts', 'Nobody imports deploy'],
  ['harness/cli/a.ts', '@stint/deploy', 'Nobody imports deploy'],
  ['harness/a.ts', '../sdk/run.ts', 'harness imports @stint/sdk and @stint/jobs/registry'],
  ['harness/a.ts', '../jobs/a/job.ts', 'harness imports @stint/sdk and @stint/jobs/registry'],
  ['deploy/a.ts', '@stint/jobs/registry', undefined],
  ['deploy/a.ts', '@stint/harness', 'deploy never imports harness'],
  ['deploy/a.ts', '../harness/index.ts', 'deploy never imports harness'],
  ['deploy/admin/a.ts', '../../sdk/run.ts', 'deploy imports @stint/sdk and @stint/jobs/registry'],
  ['deploy/a.test.ts', '@stint/harness', undefined],
];

const others: readonly Snippet[] = [
  ['jobs/a/job.ts', `export const load = () => import('pg');\n`, jobImports],
  ['jobs/a/job.ts', `export type { Client } from 'pg';\n`, jobImports],
  ['jobs/a/job.ts', `export const get = () => fetch('/');\n`, 'Use ctx.http'],
  ['jobs/a/job.ts', `export const get = () => import('node:http');\n`, jobImports],
  ['jobs/a/job.ts', `export const get = () => global.fetch('/');\n`, 'what goes past it is neither repeated nor seen'],
  ['jobs/a/job.ts', `export const talk = () => new WebSocket('ws://a');\n`, 'what goes past it is neither limited'],
  ['jobs/a/job.ts', `export const hear = () => new EventSource('/');\n`, 'what goes past it is neither limited'],
  ['jobs/a/job.ts', 'export const name = process.argv;\n', 'Declare env and secrets in the job'],
  ['jobs/a/job.ts', 'export const now = () => new Date();\n', 'Use ctx.clock'],
  ['jobs/a/job.ts', 'export const now = () => Date.now();\n', 'Use ctx.clock'],
  ['jobs/a/job.ts', 'export const now = () => performance.now();\n', 'Use ctx.clock'],
  ['jobs/a/job.ts', 'export const wait = () => setTimeout(() => {}, 1);\n', 'Use ctx.clock.sleep'],
  ['jobs/a/job.ts', 'export const id = () => crypto.randomUUID();\n', 'Use ctx.random'],
  ['jobs/a/job.ts', `export const say = () => console.log('x');\n`, 'Use ctx.log'],
  [
    'jobs/a/job.ts',
    `export const get = () => globalThis.fetch('/');\n`,
    'what goes past it is neither repeated nor seen',
  ],
  ...['sdk/a.ts', 'harness/a.ts', 'harness/stack/a.ts', 'deploy/task.ts'].map(
    (path): Snippet => [path, 'export const home = process.env.HOME;\n', `Don't use process.env`],
  ),
  ...['deploy/environment.ts', 'harness/cli/environment.ts', 'harness/testing/a.ts', 'sdk/a.test.ts'].map(
    (path): Snippet => [path, 'export const home = process.env.HOME;\n', undefined],
  ),
  ['sdk/a.ts', `export * from './b.ts';\n`, 'Do not use export all'],
];

const snippets: readonly Snippet[] = [
  ...imports.map(([path, name, says]): Snippet => [path, importOf(name), says]),
  ...others,
];

/** Lints files in a tree of their own, with this repository's rules; gives what is said of each. */
async function lint(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  using scratch = makeScratch();
  // The tree is no git repository; all else is as it is here.
  const { vcs: _, ...rules } = JSON.parse(readFileSync(join(repositoryRoot, 'biome.json'), 'utf8'));
  for (const [path, text] of [...files, ['biome.json', JSON.stringify(rules)] as const]) {
    mkdirSync(dirname(join(scratch.path, path)), { recursive: true });
    writeFileSync(join(scratch.path, path), text);
  }
  const biome = join(repositoryRoot, 'node_modules/.bin/biome');
  const args = [biome, 'lint', '--colors=off', '--max-diagnostics=none', '.'];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: scratch.path }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  expect(output).to.match(/^Checked \d+ files/m);
  const said = new Map<string, string>();
  for (const block of output.split(/^(?=\S+:\d+:\d+ )/m)) {
    const [, path = ''] = /^(\S+?):\d+:\d+ /.exec(block) ?? [];
    said.set(path, (said.get(path) ?? '') + block);
  }
  return said;
}

describe('lint rules', () => {
  // Each snippet stands in a tree of its own below one root, so that one run of the linter does for all.
  let said: ReadonlyMap<string, string>;
  const cycle = {
    'sdk/one.ts': importOf('./two.ts'),
    'sdk/two.ts': `import { y } from './one.ts';\nexport const x = y;\n`,
  };

  before(async () => {
    const files = new Map(Object.entries(cycle));
    for (const [index, [path, code]] of snippets.entries()) files.set(numbered(path, index), code);
    said = await lint(files);
  });

  for (const [index, [path, code, says]] of snippets.entries()) {
    it(`${says === undefined ? 'let pass' : 'refuse'} in ${path}: ${code.split('\n')[0]}`, () => {
      const text = said.get(numbered(path, index));
      if (says === undefined) expect(text).to.equal(undefined);
      else expect(text?.replace(/\s+/g, ' ')).to.include(says);
    });
  }

  it('refuse imports in a circle', () => {
    for (const path of Object.keys(cycle)) expect(said.get(path)).to.include('This import is part of a cycle');
  });
});

/** The same path for the rules, but another file: `jobs/a/job.ts` becomes `jobs/a/job-7.ts`. */
function numbered(path: string, index: number): string {
  const isFixed = path.endsWith('environment.ts');
  return isFixed ? path : path.replace(/(\.test)?\.ts$/, (end) => `-${index}${end}`);
}
