import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openHarness } from '@stint/harness';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { startFakeAgent } from '../../harness/sinks/fake-agent.ts';
import { makeScratch, type Scratch } from '../../harness/stack/testing/scratch.ts';
import { externalEnvironment } from '../../harness/testing/external-environment.ts';
import { runProgram, startProgram } from '../../harness/testing/program.ts';
import { linesOf, summaryOf } from '../testing/task-world.ts';
import { makeBundle } from './make-bundle.ts';

describe('the bundle of the image', () => {
  let scratch: Scratch;
  let folder: string;

  before(async () => {
    scratch = makeScratch();
    folder = join(scratch.path, 'app');
    await makeBundle({ folder });
  });
  after(() => scratch[Symbol.dispose]());

  const listFiles = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const packages = (): readonly { name: string; version: string; license: string }[] =>
    JSON.parse(readFileSync(join(folder, 'packages.json'), 'utf8'));

  it('holds programs, what they read and dd-trace, and names every package that is in it', () => {
    const own =
      /^(?:(?:task|admin|part-\w+)\.js|packages?\.json|deploy\/admin\/assets\/[\w-]+\.(?:css|js|svg)|sdk\/.*\.pem)$/;
    expect(listFiles().filter((path) => !path.startsWith('node_modules/') && !own.test(path))).to.deep.equal([]);
    expect(listFiles()).to.include('deploy/admin/assets/admin.css');
    const names = packages().map(({ name }) => name);
    expect(names).to.include.members(['dd-trace', 'koa', 'pg', 'pino', 'undici', 'zod', '@aws-sdk/client-dynamodb']);
    for (const { name, version, license } of packages()) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+/);
      expect(license, name).to.match(/MIT|Apache-2.0|BSD|ISC|0BSD/);
    }
  });

  it('has no test, tool or harness in it, and no optional part of dd-trace', () => {
    const names = packages().map(({ name }) => name);
    const others = [
      'mocha',
      'chai',
      'msw',
      'testcontainers',
      'esbuild',
      'typescript',
      'playwright-core',
      '@datadog/pprof',
    ];
    expect(names).to.not.include.members(others);
    for (const other of others) expect(names).to.not.include(other);
    const code = listFiles()
      .filter((path) => /^[\w-]+\.js$/.test(path))
      .map((path) => readFileSync(join(folder, path), 'utf8'));
    // esbuild says above each module where it is from.
    for (const text of code)
      expect(text).to.not.match(/^\/\/ (?:harness|fixtures)\/|^\/\/ .*(?:\.test\.ts|\/testing\/)/m);
  });

  it('asks CommonJS modules that it loads later for their default: in a bundle they have nothing else', () => {
    const texts = new Map(
      listFiles()
        .filter((path) => /^[\w-]+\.js$/.test(path))
        .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
    );
    const later = [...texts].filter(([, text]) => /^export default require_/m.test(text)).map(([path]) => path);
    expect(later).to.have.length.of.at.least(1);
    for (const [by, text] of texts)
      for (const line of text.split('\n').filter((each) => each.includes('await import(')))
        if (later.some((path) => line.includes(path))) expect(line, by).to.match(/\{ default: \w+ \} = await import/);
  });

  it('runs a job as the sources do, and its metrics and spans reach the agent', async () => {
    await using agent = await startFakeAgent();
    await using harness = await openHarness('poll-payment-status/mixed');
    const env = { ...externalEnvironment(harness.stores), ...agent.environment };
    const ended = await runProgram('task.js', ['poll-payment-status'], { root: folder, env });
    const summary = summaryOf(ended);
    expect(ended).to.include({ code: 1, stderr: '' });
    expect(summary.items).to.include({ read: 10, succeeded: 6, skipped: 3, failed: 1 });
    expect(Object.keys(summary.failuresByError)).to.deep.equal(['HttpError STINT_HTTP_500']);
    expect(agent.sum('stint.items', 'outcome:succeeded')).to.equal(6);
    expect(agent.spans.filter(({ name }) => name === 'stint.run')).to.have.length(1);
    expect(linesOf(ended).at(-1)?.msg).to.equal('summary');
  });

  it('serves the pages of the admin with their files', async () => {
    const env = { NODE_ENV: 'development', PORT: '0', STINT_LEDGER: 'memory' };
    await using admin = startProgram('admin.js', [], { root: folder, env });
    await admin.writes('"listening"');
    const line = admin.stdout.split('\n').find((each) => each.includes('"listening"')) ?? '';
    const { url } = JSON.parse(line) as { url: string };
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    const style = await fetch(`${url}/admin/assets/admin.css`);
    expect(style.headers.get('content-type')).to.match(/^text\/css/);
    expect(await style.text()).to.equal(readFileSync(join(import.meta.dirname, '../admin/assets/admin.css'), 'utf8'));
  });

  it('takes other jobs in the place of the registry', async () => {
    const other = join(scratch.path, 'other');
    await makeBundle({ folder: other, registry: join(import.meta.dirname, 'testing/test-jobs.ts') });
    const { stdout } = await runProgram('task.js', ['hungri'], { root: other });
    expect(stdout).to.include('did you mean \\"hungry\\"?');
  });
});
