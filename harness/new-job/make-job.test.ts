import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { namesOf, type SourceKind } from './new-job.ts';
import { type NewJobWorld, openNewJobWorld } from './testing/new-job-world.ts';

/** All kinds, with names that break lines elsewhere than the template's. */
const made: readonly (readonly [name: string, source: SourceKind, ...flags: string[]])[] = [
  ['sync-stock', 'postgres'],
  ['tell-guests-of-their-arrival-before-noon', 'postgres', '--api'],
  ['a', 'dynamodb', '--no-api'],
  ['expire-vouchers', 'dynamodb', '--api'],
];
const names = made.map(([name]) => name);

describe('stint new', function () {
  this.timeout(300_000);
  let world: NewJobWorld;

  before(async () => {
    world = openNewJobWorld();
    for (const [name, source, ...flags] of made) {
      expect(await world.stint('new', name, '--source', source, ...flags)).to.include({ code: 0, stderr: '' });
    }
  });

  after(() => world[Symbol.dispose]());

  it('makes jobs that pass the type check', async () => {
    expect(await world.tool('tsc', '--noEmit')).to.deep.equal({ code: 0, output: '' });
  });

  it('makes jobs that pass the lint and format rules', async () => {
    const { code, output } = await world.tool('biome', 'check', '--error-on-warnings', 'jobs', 'harness/fakes');
    expect(code, output).to.equal(0);
  });

  it('makes jobs that pass their own tests, and those that every job has to pass', async () => {
    const tests = names.map((name) => `jobs/${name}/job.test.ts`);
    const others = ['harness/house.test.ts', 'harness/new-job/testing/expected-cases.ts'];
    const { code, output } = await world.tool('mocha', '--no-color', ...tests, ...others);
    expect(code, output).to.equal(0);
    for (const name of names) {
      expect(output).to.match(new RegExp(`✔ has a schedule, a test and cases that load: ${name}\\b`));
      for (const each of ['happy', 'mixed', 'api-down', 'nothing-to-do']) {
        expect(output).to.match(new RegExp(`✔ ends as it expects: ${name}/${each}\\b`));
      }
    }
  });

  it('leaves nothing of the templates’ own names', () => {
    for (const [name, , flag] of made) {
      const paths = [`jobs/${name}/job.ts`, `jobs/${name}/job.test.ts`, `fixtures/${name}/happy/case.json`];
      if (flag === '--api') paths.push(`harness/fakes/${namesOf(name).fake}.ts`);
      for (const path of paths) expect(world.read(path), path).to.not.match(/example/i);
    }
  });

  it('tells what it wrote and which commands come next, and the first of them works', async () => {
    const { code, stdout } = await world.stint('new', 'close-orders', '--source', 'postgres', '--json');
    const told = JSON.parse(stdout);
    expect(code).to.equal(0);
    expect(told.changed).to.deep.equal(['jobs/registry.ts']);
    for (const path of told.created) expect(world.read(path), path).to.not.equal('');
    expect(told.next[0]).to.equal('npx stint run close-orders --fixture mixed');
    expect(await world.stint(...told.next[0].split(' ').slice(2))).to.include({ code: 0 });
  });
});
