import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openNewJobWorld } from '../new-job/testing/new-job-world.ts';
import { repositoryRoot } from '../repository.ts';
import { runProgram } from '../testing/program.ts';

const registry = () => readFileSync(join(repositoryRoot, 'jobs/registry.ts'), 'utf8');

describe('stint new, given what it cannot work with', () => {
  const table: Readonly<Record<string, { args: readonly string[]; says: string }>> = {
    'nothing, in a pipe': {
      args: [],
      says: 'expected the name of the job and --source postgres|dynamodb, got none; run: npx stint new <job> --source postgres|dynamodb [--api]',
    },
    'no source, in a pipe': {
      args: ['sync-stock', '--api'],
      says: 'expected --source postgres|dynamodb, got none; run: npx stint new <job> --source postgres|dynamodb [--api]',
    },
    'a source that there is not': {
      args: ['sync-stock', '--source', 'redis'],
      says: "option '--source <kind>' argument 'redis' is invalid. Allowed choices are postgres, dynamodb.",
    },
    'a name that is none': {
      args: ['../SyncStock', '--source', 'postgres'],
      says: 'expected a job\'s name in kebab-case, at most 40 characters, got "../SyncStock"; choose a name like sync-stock',
    },
    'the name of a job that there is': {
      args: ['publish-cities', '--source', 'postgres'],
      says: 'expected the name of a job that there is not, got "publish-cities": jobs/publish-cities and fixtures/publish-cities would be overwritten; choose another',
    },
  };
  for (const [what, { args, says }] of Object.entries(table)) {
    it(`ends with 64 and one line when it gets ${what}`, async () => {
      const before = registry();
      const ended = await runProgram('harness/cli/main.ts', ['new', ...args]);
      expect(ended).to.deep.equal({ code: 64, signal: null, stdout: '', stderr: `stint: ${says}\n` });
      expect(registry()).to.equal(before);
    });
  }

  it('writes nothing when the registry has another form', async () => {
    using world = openNewJobWorld();
    writeFileSync(join(world.root, 'harness/fakes/registry.ts'), 'export const fakes = [];\n');
    const before = world.read('jobs/registry.ts');
    const { code, stderr } = await world.stint('new', 'sync-stock', '--source', 'postgres', '--api');
    expect(code).to.equal(1);
    expect(stderr).to.match(/expected harness\/fakes\/registry\.ts to have imports and one list/);
    expect(world.read('jobs/registry.ts')).to.equal(before);
    expect(() => world.read('jobs/sync-stock/job.ts')).to.throw('ENOENT');
  });
}).timeout(60_000);
