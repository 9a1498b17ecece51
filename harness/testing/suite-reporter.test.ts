import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeScratch } from '../stack/testing/scratch.ts';
import { runProgram } from './program.ts';

const reporter = fileURLToPath(new URL('suite-reporter.ts', import.meta.url));
const suite = `let tries = 0;
describe('a thing', () => {
  it('is sound', () => {});
  it('is unsteady', () => { tries += 1; if (tries === 1) throw new Error('once\\nin a while'); });
});`;

describe('the reporter of the suite', () => {
  for (const more of [[], ['--parallel']]) {
    it(`names what passed only when it was tried again (${more.join() || 'one after another'})`, async () => {
      using scratch = makeScratch();
      const file = join(scratch.path, 'a.test.cjs');
      writeFileSync(file, suite);
      const run = (retries: string) =>
        runProgram('node_modules/mocha/bin/mocha.js', [
          '--no-config',
          '--reporter',
          reporter,
          '--retries',
          retries,
          ...more,
          file,
        ]);
      const { code, stdout } = await run('1');
      expect(code, stdout).to.equal(0);
      expect(stdout)
        .to.include('2 passing')
        .and.include('1 tried again after a failure:\n  unsteady: a thing is unsteady\n    once\n');
      const strict = await run('0');
      expect(strict.code).to.equal(1);
      expect(strict.stdout).to.not.include('tried again');
    });
  }
});
