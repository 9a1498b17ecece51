/** The API: what each operation does. */
import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { accessOf, requireRole } from '../access/authenticate.ts';
import { AdminError } from '../admin-error.ts';
import type { AdminService, Started } from '../admin-service.ts';
import { readJson } from '../http/body.ts';
import { streamEvents } from '../http/event-stream.ts';
import { formatApplied, readPreferences } from '../http/prefer.ts';
import { endIdOf } from '../runs/run-feed.ts';
import { redriveBodySchema, resumeBodySchema, startBodySchema } from '../schemas.ts';
import { auditQuery, failuresQuery, operations, runsQuery } from './operations.ts';
import { readQuery } from './query.ts';

export interface ApiOptions {
  readonly service: AdminService;
  readonly document: object;
  /** Rejects when the ledger does not answer. */
  readonly checkReady: () => Promise<void>;
  /** Fires when the server is being stopped. */
  readonly closing: AbortSignal;
  /** Fires when watchers are to be told what is left to tell, and sent away. */
  readonly leaving: AbortSignal;
  /** How long a watcher may read nothing, in ms. */
  readonly patienceMs: number;
  /** Finds out who asks. */
  readonly authenticate: Middleware;
}

/** What it gives is the answer's body; undefined: it has answered. */
type Handler = (ctx: Context) => object | undefined | Promise<object | undefined>;

export function apiRoutes(options: ApiOptions): Router {
  const { service, document, checkReady, closing, authenticate } = options;
  const callerOf = (ctx: Context) => accessOf(ctx).caller;
  const idOf = (ctx: Context) => String(ctx.params.run ?? '');
  const handlers: Readonly<Record<string, Handler>> = {
    listJobs: async () => ({ items: await service.jobs() }),
    getJob: (ctx) => service.job(String(ctx.params.job)),
    listRuns: (ctx) => service.runs(readQuery(ctx, runsQuery)),
    getRun: (ctx) => service.run(idOf(ctx)),
    listFailures: (ctx) => service.failures(idOf(ctx), readQuery(ctx, failuresQuery)),
    listAudit: (ctx) => service.audit(readQuery(ctx, auditQuery)),
    watchRun: (ctx) => watch(ctx, idOf(ctx), options),
    async startRun(ctx) {
      const body = await readJson(ctx, startBodySchema);
      return answerStarted(ctx, service, await service.start(String(ctx.params.job), body, callerOf(ctx)));
    },
    async resumeRun(ctx) {
      const body = await readJson(ctx, resumeBodySchema);
      return answerStarted(ctx, service, await service.resume(idOf(ctx), body, callerOf(ctx)));
    },
    async redriveRun(ctx) {
      const body = await readJson(ctx, redriveBodySchema);
      return answerStarted(ctx, service, await service.redrive(idOf(ctx), body, callerOf(ctx)));
    },
    async cancelRun(ctx) {
      const run = await service.cancel(idOf(ctx), callerOf(ctx));
      answerLater(ctx, run.runId);
      return run;
    },
    getOpenapi: () => document,
    getHealth: () => ({ status: 'ok' }),
    async getReadiness(ctx) {
      const status = closing.aborted
        ? 'closing'
        : await checkReady().then(
            () => 'ok',
            () => 'no ledger',
          );
      ctx.status = status === 'ok' ? 200 : 503;
      return { status };
    },
  };
  const router = new Router();
  for (const { id, method, path, role } of operations) {
    const guards = role === undefined ? [] : [authenticate, requireRole(role)];
    router[method](path.replace(/\{(\w+)\}/g, ':$1'), ...guards, async (ctx) => {
      const body = await handlers[id]?.(ctx);
      if (body !== undefined) ctx.body = body;
    });
  }
  return router;
}

/** When the run has ended, or when the client would rather not wait any longer. */
async function answerStarted(ctx: Context, service: AdminService, { runId, task, ended }: Started): Promise<object> {
  const preferences = readPreferences(ctx.get('prefer'));
  const applied = formatApplied(preferences);
  if (applied !== undefined) ctx.set('preference-applied', applied);
  ctx.vary('prefer');
  ctx.set('content-location', `/admin/runs/${runId}`);
  const run = await waitAtMost(ended, waitMsOf(preferences));
  if (run?.summary) return run.summary;
  answerLater(ctx, runId);
  return { runId, task: task ?? null, run: run ?? (await service.run(runId).catch(unlessPending)) };
}

/** A task takes a while until it begins its run. */
function unlessPending(error: unknown): null {
  if (error instanceof AdminError && error.status === 404) return null;
  throw error;
}

function answerLater(ctx: Context, runId: string): void {
  ctx.status = 202;
  ctx.set('location', `/admin/runs/${runId}`);
}

function waitMsOf({ respondAsync, waitSeconds }: ReturnType<typeof readPreferences>): number | undefined {
  if (waitSeconds !== undefined) return waitSeconds * 1_000;
  return respondAsync ? 0 : undefined;
}

async function waitAtMost<TResult>(promise: Promise<TResult>, ms: number | undefined): Promise<TResult | undefined> {
  // Nobody else may be there to hear of its failure.
  promise.catch(() => undefined);
  if (ms === undefined) return await promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function watch(ctx: Context, runId: string, { service, leaving, patienceMs }: ApiOptions): Promise<undefined> {
  const lastEventId = ctx.get('last-event-id') || undefined;
  if (lastEventId !== undefined && lastEventId.length > 100)
    throw new AdminError(400, 'expected Last-Event-ID to be the id of an event; what it holds is none');
  const run = await service.run(runId);
  // A browser that was told the end would ask again and again otherwise.
  if (run.status !== 'running' && lastEventId === endIdOf(run)) {
    ctx.status = 204;
    return;
  }
  ctx.respond = false;
  ctx.res.writeHead(200, {
    ...ctx.response.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  } as Record<string, string>);
  await streamEvents(ctx.res, (signal) => service.watch(runId, { lastEventId, signal }), {
    closing: leaving,
    patienceMs,
  });
}
