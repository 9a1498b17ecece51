/**
 * An admin as a process of its own, told by its parent: what it grows to, and how it bears what it gets, is its own.
 *
 * What nobody catches ends it, unlike the real one: each is a defect.
 */
import { randomBytes } from 'node:crypto';
import { type Log, silentLog } from '@stint/sdk';
import { startAdminServer } from '../start-server.ts';
import type { FromAdmin, ToAdmin } from './admin-process.ts';
import { quickJobs } from './quick-jobs.ts';

const { tokens, environment, timeouts }: Extract<ToAdmin, { is: 'begin' }> = JSON.parse(process.argv[2] ?? '');
const tell = (message: FromAdmin) => process.send?.(message);
/** What the admin takes for a defect of its own. */
const log: Log = {
  ...silentLog,
  error: (message, fields) => tell({ is: 'error', text: `${message} ${JSON.stringify(fields)}` }),
};

const admin = await startAdminServer({
  jobs: quickJobs,
  config: {
    host: '127.0.0.1',
    port: 0,
    maxRuns: 6,
    trustProxy: false,
    access: { tokens, madeToken: undefined, sessionSecret: randomBytes(32).toString('hex'), secureCookies: false },
    datadog: undefined,
    task: undefined,
    target: 'process',
  },
  environment,
  log: (bindings) => ('job' in bindings ? silentLog : log),
  tellEveryMs: 20,
  timeouts,
});

process.on('message', async (message: ToAdmin) => {
  if (message.is === 'end') {
    await admin[Symbol.asyncDispose]();
    process.disconnect();
  }
  if (message.is === 'measure') {
    // What a first one frees lets a second one free more.
    for (let time = 0; time < 3; time += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const sockets = await new Promise<number>((resolve) => admin.server.getConnections((_, count) => resolve(count)));
    tell({ is: 'measured', heldBytes: heapUsed + external, rssBytes: rss, timers, sockets });
  }
});
process.on('disconnect', () => process.exit());
tell({ is: 'listening', url: admin.url });
