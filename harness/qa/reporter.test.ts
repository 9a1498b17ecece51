import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../repository.ts';
import { makeScratch } from '../stack/testing/scratch.ts';

/** Runs checks in a mocha of their own: its exit code, what it wrote, and the page. */
async function runChecks(code: string) {
  using scratch = makeScratch();
  const [checks, page] = ['checks.cjs', 'report/page.html'].map((name) => join(scratch.path, name)) as [string, string];
  writeFileSync(checks, code);
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; stdout: string }>();
  // Its own hooks would start a stack: that of the running suite is in the environment.
  const args = [
    join(repositoryRoot, 'node_modules/mocha/bin/mocha.js'),
    ...['--no-config', '--no-package', '--reporter', join(repositoryRoot, 'harness/qa/reporter.ts')],
    ...['--reporter-option', `page=${page}`, checks],
  ];
  const child = execFile(process.execPath, args, { cwd: repositoryRoot }, (_error, stdout) =>
    resolve({ code: child.exitCode, stdout }),
  );
  return { ...(await promise), page: readFileSync(page, 'utf8') };
}

const passes = `it('adds', () => {});`;

describe('the reporter of QA', function () {
  this.timeout(60_000);

  it('writes the page, and says where', async () => {
    const { code, stdout, page } = await runChecks(`describe('sums', () => { ${passes} });`);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^report: .*page\.html$/m);
    expect(page).to.include('<h1>The only check passed</h1>').and.include('<h3>adds</h3>');
  });

  it('writes the page when checks and hooks fail', async () => {
    const { code, page } = await runChecks(
      `describe('sums', () => { ${passes} it('fails', () => { throw new Error('no <sum>'); }); });
       describe('products', () => { before(() => { throw new Error('no stack'); }); ${passes} });`,
    );
    expect(code).to.equal(2);
    expect(page).to.include('2 of 3 checks failed').and.include('no &lt;sum&gt;').and.include('no stack');
  });

  it('leaves a page that says so when the process dies in the midst of a check', async () => {
    const { code, page } = await runChecks(
      `describe('sums', () => { ${passes} it('dies', () => process.kill(process.pid, 'SIGKILL') && new Promise(() => {})); });`,
    );
    expect(code).to.equal(null);
    expect(page).to.include('Nothing failed so far; the run did not come to its end (1 of 2)');
  });
});
