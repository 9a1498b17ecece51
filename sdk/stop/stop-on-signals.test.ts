import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Summary, summarySchema } from '../summary.ts';
import { stopOnSignals } from './stop-on-signals.ts';

const program = fileURLToPath(new URL('../testing/leaky-run.ts', import.meta.url));

/** Starts the program and waits until its run is being stopped because of the leak. */
async function startLeakyRun(leak: 'rejection' | 'exception' = 'rejection') {
  const child = fork(program, [leak], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code, ...text }));
  await Promise.race([once(child, 'message'), ended]);
  return {
    child,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

function expectFailed(text: string): void {
  const summary: Summary = summarySchema.parse(JSON.parse(text));
  expect(summary).to.include({ status: 'failed', exitCode: 1 });
  expect(summary.error).to.deep.equal({
    name: 'StintError',
    code: 'STINT_UNHANDLED_REJECTION',
    message:
      'a promise was rejected and nobody awaited it (TypeError: nobody awaits me); await everything that the job starts',
  });
  // What was in flight when the first leak showed has ended; nothing new was started.
  expect(summary.items).to.include({ succeeded: 2, failed: 0 });
  expect(summary.items.read).to.equal(summary.items.succeeded + summary.items.remaining);
}

describe('stopOnSignals', () => {
  it('fails the run, and lets it drain, when a promise of the job is rejected and nobody awaits it', async () => {
    await using run = await startLeakyRun();
    run.child.send('go');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
    expectFailed(stdout);
  });

  it('fails the run, and lets it drain, when an exception is thrown where nothing catches it', async () => {
    await using run = await startLeakyRun('exception');
    run.child.send('go');
    const { code, stdout, stderr } = await run.ended;
    const summary = summarySchema.parse(JSON.parse(stdout));
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
    expect(summary.status).to.equal('failed');
    expect(summary.error?.code).to.equal('STINT_UNCAUGHT_EXCEPTION');
    expect(summary.items).to.include({ succeeded: 2, failed: 0 });
  });

  it('does not end the process at once on the first signal after such a rejection', async () => {
    await using run = await startLeakyRun();
    run.child.kill('SIGTERM');
    const [message] = await Promise.race([once(run.child, 'message'), run.ended.then(() => ['its end'])]);
    expect(message).to.equal('SIGTERM');
    run.child.send('go');
    const { code, stdout } = await run.ended;
    expect(code).to.equal(1);
    expectFailed(stdout);
  });

  it('ends the process at once, with the code of the signal, on a second one', async () => {
    await using run = await startLeakyRun();
    run.child.kill('SIGTERM');
    await Promise.race([once(run.child, 'message'), run.ended]);
    run.child.kill('SIGINT');
    expect(await run.ended).to.deep.equal({ code: 130, stdout: '', stderr: '' });
  });

  it('leaves nothing behind when disposed', () => {
    const events = ['SIGINT', 'SIGTERM', 'unhandledRejection'];
    const count = () => events.map((event) => process.listenerCount(event));
    const before = count();
    {
      using signals = stopOnSignals();
      expect(count()).to.deep.equal(before.map((listeners) => listeners + 1));
      expect(signals.signal.aborted).to.equal(false);
    }
    expect(count()).to.deep.equal(before);
  });
});
