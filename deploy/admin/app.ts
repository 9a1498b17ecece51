/**
 * The admin as a Koa app: an API for QA and programs, pages for people, both over one service.
 *
 *   target → security headers → problems → who asks → API or page
 *
 * The same address answers a browser with a page and a program with JSON, by `Accept`.
 */
import { describeError, type Job, type Log, StintError } from '@stint/sdk';
import Koa, { type Context } from 'koa';
import { datadogLinks } from '../run-links.ts';
import { type Access, openAccess } from './access/access.ts';
import { authenticate } from './access/authenticate.ts';
import { securityHeaders } from './access/headers.ts';
import { logInLocation, wantsPage } from './access/log-in-location.ts';
import type { ResolvedAccess } from './access/resolve-access.ts';
import type { AdminService } from './admin-service.ts';
import { openapiDocument } from './api/openapi.ts';
import { operations } from './api/operations.ts';
import { apiRoutes } from './api/routes.ts';
import type { AdminConfig } from './config.ts';
import { readFormBody } from './http/body.ts';
import { toOriginForm } from './http/origin-form.ts';
import { answerProblems } from './http/problems.ts';
import { problemPage } from './pages/problem-page.ts';
import { type PagesOptions, pageRoutes, sendPage, visitorOf } from './pages/routes.ts';
import type { ProblemView } from './schemas.ts';

export interface AdminAppOptions {
  readonly jobs: readonly Job[];
  readonly service: AdminService;
  readonly access: ResolvedAccess;
  readonly trustProxy: boolean;
  /** Where logs and traces go. */
  readonly datadog: AdminConfig['datadog'];
  readonly version: string;
  readonly log: Log;
  readonly checkReady: () => Promise<void>;
  /** Fires when the server is being stopped: it is not ready any more. */
  readonly closing: AbortSignal;
  /** Fires when the runs that went on here have ended: watchers are sent away. */
  readonly leaving: AbortSignal;
  /** How long a watcher may read nothing, in ms. */
  readonly patienceMs: number;
}

/** @throws StintError `STINT_BAD_DEFINITION` for a job whose name is an address of the admin's own */
export function createAdminApp(options: AdminAppOptions): Koa {
  const { jobs, service, trustProxy, version, log, checkReady, closing, leaving, patienceMs, datadog } = options;
  checkNames(jobs);
  const app = new Koa({ proxy: trustProxy, maxIpsCount: 1 });
  app.on('error', (error: unknown, ctx?: Context) => {
    // What breaks off is the client's affair, and none that it could fill a log with.
    if (ctx?.req.socket.destroyed !== true) log.error('a request failed', { error: describeError(error) });
  });
  const access = openAccess(options.access);
  app.keys = access.sessions.keys;
  const guard = authenticate({ access, readBody: readFormBody });
  const api = apiRoutes({
    service,
    document: openapiDocument(jobs, version),
    checkReady,
    closing,
    leaving,
    patienceMs,
    authenticate: guard,
  });
  const linksOf: PagesOptions['linksOf'] = (runId, period) =>
    datadog === undefined ? {} : datadogLinks(datadog, runId, period);
  const pages = pageRoutes({ service, access, authenticate: guard, jobs: jobs.map(({ name }) => name), linksOf });
  app.use(toOriginForm);
  app.use(async (ctx, next) => {
    await next();
    // Whoever comes again is to find the one that takes over.
    if (closing.aborted && !ctx.headerSent) ctx.set('connection', 'close');
  });
  app.use(securityHeaders());
  app.use(answerProblems(log, (ctx, problem) => renderProblem(ctx, problem, access)));
  app.use(pages.routes());
  app.use(api.routes());
  app.use(api.allowedMethods());
  return app;
}

function renderProblem(ctx: Context, problem: ProblemView, { sessions }: Access): void {
  if (!wantsPage(ctx)) {
    ctx.type = 'application/problem+json';
    ctx.body = JSON.stringify(problem);
    return;
  }
  // Who they are is asked first.
  if (problem.status === 401) {
    ctx.redirect(logInLocation(ctx));
    return;
  }
  // At an address that is none nobody was asked who they are.
  const { caller, csrf } = sessions.sessionOf(ctx) ?? visitorOf(ctx);
  sendPage(ctx, problemPage({ ...problem, caller, csrf }));
}

/** Words of the API and the pages right after /admin. */
function checkNames(jobs: readonly Job[]): void {
  const taken = new Set([
    'jobs',
    'login',
    'logout',
    'assets',
    ...operations.map(({ path }) => path.split('/')[2] ?? ''),
  ]);
  const clash = jobs.find(({ name }) => taken.has(name));
  if (clash === undefined) return;
  throw new StintError(
    'STINT_BAD_DEFINITION',
    `expected no job named ${clash.name}: /admin/${clash.name} is an address of the admin's own; give it another name`,
  );
}
