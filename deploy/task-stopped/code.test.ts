import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { taskStoppedCode } from './code.ts';
import { answers, startFake } from './testing/fake-intake.ts';
import { readEvent } from './testing/read-event.ts';

const run = promisify(execFile);
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** As Lambda does it: loads `index.handler` in a process of plain JavaScript, which has the AWS SDK, and calls it. */
const runtime = `
const { handler } = await import(process.argv[2]);
const context = { getRemainingTimeInMillis: () => 9_000, awsRequestId: 'r-1' };
try { await handler(JSON.parse(process.argv[3]), context); } catch (error) { process.exitCode = 3; }
`;

async function invoke(file: string, code: string, event: object, environment: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'stint-lambda-'));
  try {
    await writeFile(join(folder, file), code);
    await writeFile(join(folder, 'runtime.mjs'), runtime);
    // A module finds the SDK in a folder above, CommonJS on NODE_PATH.
    if (file.endsWith('.mjs')) await symlink(modules, join(folder, 'node_modules'));
    const switches = ['--no-experimental-strip-types', '--no-experimental-detect-module'];
    const args = [...switches, join(folder, 'runtime.mjs'), join(folder, file), JSON.stringify(event)];
    return await run(process.execPath, args, { env: { ...environment, NODE_PATH: modules } }).then(
      ({ stdout, stderr }) => ({ stdout, stderr, exitCode: 0 }),
      ({ stdout, stderr, code: exitCode }) => ({ stdout, stderr, exitCode }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('taskStoppedCode', () => {
  const forms = [
    ['index.mjs', 'module'],
    ['index.js', 'commonjs'],
  ] as const;
  for (const [file, format] of forms) {
    it(`runs as ${file} in a process that knows no TypeScript`, async () => {
      await using datadog = await startFake(answers.each(answers.take, answers.status(400)));
      await using secrets = await startFake(answers.secret('canary-of-the-key'));
      const environment = {
        AWS_ENDPOINT_URL: secrets.url,
        AWS_REGION: 'us-west-2',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        DD_API_KEY_SECRET_ARN: 'arn:aws:secretsmanager:us-west-2:111122223333:secret:datadog-AbCdEf',
        DD_API_URL: datadog.url,
        STINT_FAMILY_PREFIX: 'stint-test-',
      };
      const code = taskStoppedCode(format);
      const counted = await invoke(file, code, readEvent('exit-143'), environment);
      expect(counted).to.include({ stderr: '', exitCode: 0 });
      expect(JSON.parse(counted.stdout)).to.include({ level: 'info', job: 'poll-payment-status', cause: 'terminated' });
      expect(datadog.requests[0]?.headers['dd-api-key']).to.equal('canary-of-the-key');
      const failed = await invoke(file, code, readEvent('exit-1'), environment);
      expect(failed).to.include({ stderr: '', exitCode: 3 });
      expect(JSON.parse(failed.stdout).error.message).to.equal('Datadog answered 400');
      expect(counted.stdout + failed.stdout).to.not.include('canary');
    });
  }

  it('is the same text each time, so that a deployment without a change changes nothing', () => {
    expect(taskStoppedCode()).to.equal(taskStoppedCode());
  });

  it('is plain, small, and needs nothing but the AWS SDK', () => {
    const code = taskStoppedCode();
    expect(code.match(/\bimport\b.*/g)).to.deep.equal(["import('@aws-sdk/client-secrets-manager');"]);
    expect(code.length).to.be.below(20_000);
    expect(code).to.not.match(/\.ts'|interface |: string\b/);
    expect(taskStoppedCode('commonjs')).to.not.match(/\b(import|export)\b/);
  });
});
