/** An admin for the browser's tests: its jobs, the gate that holds them, the service that they call. */
import { InterruptedError, launchJob } from '@stint/sdk';
import { openStand, type Stand } from '../../testing/stand.ts';
import { browserJobs, hostileTexts, refusedItems } from './browser-jobs.ts';
import { Gate } from './gate.ts';
import { openService, type Service } from './service.ts';

export interface BrowserStand extends Stand {
  readonly gate: Gate;
  readonly service: Service;
  /** Starts a run by the API. @returns its id, when it goes on */
  begin(job: string, body?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Starts a run by the API. @returns its id, when it has ended */
  complete(job: string, body?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A run of `watch` that another process began, and that was interrupted after so many items. @returns its id */
  interrupt(settled: number): Promise<string>;
}

export async function openBrowserStand(): Promise<BrowserStand> {
  await using opened = new AsyncDisposableStack();
  const gate = new Gate();
  const refused = new Set([...refusedItems, ...hostileTexts]);
  const service = opened.use(await openService((key) => refused.has(key)));
  const jobs = browserJobs(gate);
  const environment = { SERVICE_URL: service.url };
  const stand = opened.use(await openStand({ jobs, environment }));
  const start = async (job: string, body: object, headers: Readonly<Record<string, string>>) => {
    const { status, text, json } = await stand.post(`/admin/${job}`, body, { headers });
    if (status >= 300) throw new Error(`expected a run of ${job}, got ${status}: ${text}`);
    return String(json.runId);
  };
  const all = opened.move();
  return {
    ...stand,
    gate,
    service,
    begin: (job, body = { scope: { tenantId: 't-1' } }) => start(job, body, { prefer: 'respond-async' }),
    complete: (job, body = { scope: { tenantId: 't-1' } }) => start(job, body, {}),
    async interrupt(settled) {
      const stop = new AbortController();
      const job = jobs.find(({ name }) => name === 'watch');
      if (job === undefined) throw new Error('expected a job watch, got none');
      gate.letGo(settled);
      const { runId, status } = await launchJob(job, {
        environment,
        ledger: stand.ledger,
        scope: { tenantId: 't-1' },
        trigger: { kind: 'schedule', by: 'scheduler', scheduledTime: new Date().toISOString() },
        signal: stop.signal,
        observer: {
          onSettled: (count) => {
            if (count === settled) stop.abort(new InterruptedError('the task was replaced', 'SIGTERM'));
          },
        },
      });
      if (status !== 'interrupted') throw new Error(`expected a run that was interrupted, got one that ${status}`);
      return runId;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
