import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { listCases, loadCase } from './fixture/index.ts';
import { repositoryRoot } from './repository.ts';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const linesOf = (path: string) => read(path).trimEnd().split('\n');
const isTest = (path: string) => path.endsWith('.test.ts') || path.includes('/testing/');

/** What is in the repository or would be with the next `git add`. */
function listFiles(): readonly string[] {
  const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  });
  return listing
    .trimEnd()
    .split('\n')
    .filter((path) => existsSync(join(repositoryRoot, path)));
}

describe('every job', () => {
  const folders = readdirSync(join(repositoryRoot, 'jobs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(repositoryRoot, 'jobs', entry.name, 'job.ts')))
    .map(({ name }) => name);

  it('is in the registry once, by the name of its folder', () => {
    expect(jobs.map(({ name }) => name).toSorted()).to.deep.equal(folders.toSorted());
  });

  for (const { name, schedule } of jobs) {
    it(`has a schedule, a test and cases that load: ${name}`, async () => {
      expect(schedule, 'schedule').to.not.equal(undefined);
      expect(existsSync(join(repositoryRoot, 'jobs', name, 'job.test.ts')), 'job.test.ts').to.equal(true);
      const cases = await listCases(join(repositoryRoot, 'fixtures'), name);
      expect(cases.map((each) => each.name)).to.include.members(['happy', 'mixed', 'api-down', 'nothing-to-do']);
      for (const { directory } of cases) expect((await loadCase(directory)).job).to.equal(name);
    });

    it(`opens with a page that says why, what it reads and writes, and its scope: ${name}`, () => {
      const [page = ''] = read(`jobs/${name}/job.ts`).split('*/');
      expect(page).to.match(new RegExp(`^/\\*\\*\n \\* ${name}: .*\n`));
      for (const heading of ['Why:', 'reads', 'writes', 'Scope:']) expect(page).to.include(` ${heading} `);
    });
  }

  it('has the only fixtures there are', async () => {
    const cases = await listCases(join(repositoryRoot, 'fixtures'));
    expect([...new Set(cases.map(({ job }) => job))]).to.deep.equal(jobs.map(({ name }) => name).toSorted());
  });
});

describe('the house', () => {
  let files: readonly string[];
  let code: readonly string[];

  before(function () {
    // An unpacked archive has no list of what belongs to it.
    if (!existsSync(join(repositoryRoot, '.git'))) return this.skip();
    files = listFiles();
    code = files.filter((path) => path.endsWith('.ts'));
  });

  it('has only the rooms and pages that were agreed at its top', () => {
    const agreed = ['sdk', 'jobs', 'harness', 'deploy', 'fixtures'];
    const pages = [
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'biome.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
    ];
    const top = new Set(files.map((path) => path.split('/')[0] ?? '').filter((name) => !name.startsWith('.')));
    top.delete('Dockerfile');
    expect([...top]).to.have.members([...agreed, ...pages]);
  });

  it('has no file longer than 300 lines, and no test longer than 400', () => {
    const long = code.filter((path) => linesOf(path).length > (isTest(path) ? 400 : 300));
    expect(long).to.deep.equal([]);
  });

  it('reads the environment of the process in two places', () => {
    const readers = code.filter(
      (path) => !isTest(path) && /\bprocess\.env\b|\benv\b.*from 'node:process'/.test(read(path)),
    );
    expect(readers).to.have.members(['deploy/environment.ts', 'harness/cli/environment.ts']);
  });

  it('has no test that knows the machine it runs on', () => {
    const machine = /['"`]\/(work|home|root|Users)\//;
    const knowing = code.filter((path) => isTest(path) && linesOf(path).some((line) => machine.test(line)));
    expect(knowing).to.deep.equal([]);
  });

  it('has a lock file without the address of a registry', () => {
    const { packages } = JSON.parse(read('package-lock.json'));
    const resolved = Object.values<{ resolved?: string }>(packages).flatMap((entry) => entry.resolved ?? []);
    expect(resolved.filter((address) => address.includes(':'))).to.deep.equal([]);
  });

  it('says the default of every option', () => {
    const silent = code.filter((path) => !isTest(path) && !path.includes('/bench/')).flatMap(optionsWithoutDefault);
    expect(silent).to.deep.equal([]);
  });
});

/** `file: Interface.property` of every optional property whose comment has no `@default`. */
function optionsWithoutDefault(path: string): readonly string[] {
  const found: string[] = [];
  let options: string | undefined;
  let comment = '';
  for (const line of linesOf(path)) {
    const [, opened] =
      /^export interface (\w+(?:Options|Flags|Limits|Tolerance|Definition|Config)|Limits|Tolerance)\b/.exec(line) ?? [];
    if (opened !== undefined) options = opened;
    if (line.startsWith('}')) options = undefined;
    const [, property] = /^ {2}readonly (\w+)\?:/.exec(line) ?? [];
    if (options !== undefined && property !== undefined && !comment.includes('@default'))
      found.push(`${path}: ${options}.${property}`);
    comment = /^\s*(\/\*\*|\*)/.test(line) ? comment + line : '';
  }
  return found;
}
