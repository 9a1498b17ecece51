import { PassThrough, Writable } from 'node:stream';
import { type Log, silentLog, systemClock } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { VirtualClock } from '../sdk/testing/virtual-clock.ts';
import { endTask, type TaskEnd } from './task-end.ts';

/** Ends a task whose parts note that they were asked. */
async function setup(change: Partial<TaskEnd> = {}) {
  const events: string[] = [];
  const warnings: string[] = [];
  const note = (event: string) => async () => void events.push(event);
  const stdout = new Writable({
    write(_chunk, _encoding, done) {
      setImmediate(() => {
        events.push('stdout');
        done();
      });
    },
  });
  stdout.write('a line');
  const log: Log = {
    ...silentLog,
    warn: (message, { error } = {}) =>
      void warnings.push(error === undefined ? message : `${message}: ${(error as { message: string }).message}`),
  };
  const clock = new VirtualClock();
  const ended = endTask({
    metrics: { flush: note('metrics') },
    tracer: { flush: note('traces') },
    tell: note('Slack'),
    stdout,
    exitGraceMs: 0,
    log,
    clock,
    ...change,
  });
  // A test that waits for more than time brings the machine's clock.
  await (change.clock === undefined ? clock.run(ended) : ended);
  return { events: [...new Set(events)], warnings, tookMs: clock.monotonicMs() };
}

const hang = () => new Promise<void>(() => {});

describe('endTask', () => {
  it('flushes metrics, then traces, tells Slack, drains standard output', async () => {
    const { events, warnings } = await setup({ clock: systemClock });
    expect(events).to.deep.equal(['metrics', 'traces', 'Slack', 'stdout']);
    expect(warnings).to.deep.equal([]);
  });

  it('waits for the log router when all is out', async () => {
    const { tookMs } = await setup({ stdout: new PassThrough(), exitGraceMs: 300 });
    expect(tookMs).to.equal(300);
  });

  it('takes no time when there is nothing to do', async () => {
    const stdout = new PassThrough();
    const { tookMs } = await setup({ metrics: undefined, tracer: undefined, tell: undefined, stdout });
    expect(tookMs).to.equal(0);
  });

  it('goes on, and tells of it, when something fails', async () => {
    const fail = (what: string) => async () => {
      throw new Error(`no ${what}`);
    };
    const failAtOnce = () => {
      throw new Error('no traces');
    };
    const { events, warnings } = await setup({
      metrics: { flush: fail('metrics') },
      tracer: { flush: failAtOnce },
      tell: fail('Slack'),
    });
    expect(events).to.deep.equal(['stdout']);
    expect(warnings).to.deep.equal([
      'metrics were not sent: no metrics',
      'traces were not sent: no traces',
      'Slack was not told: no Slack',
    ]);
  });

  it('tells once what the agent knows of a loss, and takes no time for it', async () => {
    const lateness: string[] = [];
    const agent: TaskEnd['agent'] = {
      ask: hang,
      lossOf: (late) => {
        lateness.push(...late.keys());
        return 'both are lost';
      },
    };
    const { warnings, tookMs } = await setup({ metrics: { flush: hang }, tracer: { flush: hang }, agent });
    expect(lateness).to.deep.equal(['metrics', 'traces']);
    expect(warnings).to.deep.equal(['both are lost']);
    expect(tookMs).to.equal(4_500);
  });

  it('takes less than 15 s when everything hangs, and gives the log router all of its pause', async () => {
    let toldToStop = false;
    const stdout = new Writable({ write() {} });
    stdout.write('a line that nobody takes');
    const { warnings, tookMs } = await setup({
      metrics: { flush: hang },
      tracer: { flush: hang },
      tell: (signal) => {
        signal.addEventListener('abort', () => {
          toldToStop = true;
        });
        return hang();
      },
      stdout,
      exitGraceMs: 4_000,
    });
    expect(warnings).to.deep.equal([
      'metrics were not sent: it took more than 2500 ms',
      'traces were not sent: it took more than 2000 ms',
      'Slack was not told: it took more than 5000 ms',
    ]);
    expect(toldToStop).to.equal(true);
    expect(tookMs).to.be.within(14_400, 15_000);
  });

  it('does not wait for an output that is gone', async () => {
    const stdout = new Writable({ write() {} });
    stdout.on('error', () => {}).write('a line');
    stdout.destroy(new Error('EPIPE'));
    expect((await setup({ stdout })).tookMs).to.equal(0);
  });
});
