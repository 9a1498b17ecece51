/**
 * A program that runs a job which leaks an error, and writes the summary: `node leaky-run.ts rejection|exception`.
 *
 * Its first item leaks and then waits for its parent's message `go`; it tells its parent `stopping` when the run is being
 * stopped, and `SIGTERM` when it got that.
 */
import { once } from 'node:events';
import { defineJob, memorySource, runJob, stopOnSignals } from '../index.ts';

const job = defineJob({
  name: 'leaky-job',
  summary: 'Leaks an error.',
  limits: { concurrency: 2 },
  async run(ctx) {
    await ctx.each(memorySource([1, 2, 3, 4, 5, 6]), async () => {
      if (process.argv[2] === 'exception') process.nextTick(() => leak());
      else void Promise.reject(new TypeError('nobody awaits me'));
      await go;
    });
  },
});

function leak(): never {
  throw new TypeError('nobody catches me');
}

const go = once(process, 'message');
using signals = stopOnSignals();
signals.signal.addEventListener('abort', () => process.send?.('stopping'));
process.on('SIGTERM', () => process.send?.('SIGTERM'));
const summary = await runJob(job, { signal: signals.signal });
process.stdout.write(JSON.stringify(summary));
process.exitCode = summary.exitCode;
process.disconnect();
