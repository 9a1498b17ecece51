/**
 * The pages: what a browser gets at the addresses of the API, and where their forms go.
 *
 * A route here is for those who want a page, by `Accept`, or send a form; all others go on to the API.
 */
import { Router } from '@koa/router';
import { type Json, systemClock } from '@stint/sdk';
import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import type { Period } from '../../run-links.ts';
import type { Access } from '../access/access.ts';
import { accessOf, requireRole } from '../access/authenticate.ts';
import { logIn, logOut } from '../access/log-in.ts';
import { safeTarget, wantsPage } from '../access/log-in-location.ts';
import { AdminError, mostErrors } from '../admin-error.ts';
import type { AdminService, Started } from '../admin-service.ts';
import { auditQuery, failuresQuery, runsQuery } from '../api/operations.ts';
import { readQuery } from '../api/query.ts';
import { formOf, readFormBody } from '../http/body.ts';
import { toAdminError } from '../http/problems.ts';
import type { JobView } from '../schemas.ts';
import { serveAsset } from './assets.ts';
import { auditPage } from './audit-page.ts';
import { confirmPage } from './confirm-page.ts';
import { jobPage } from './job-page.ts';
import { jobsPage } from './jobs-page.ts';
import type { Visitor } from './layout.ts';
import { loginPage } from './login-page.ts';
import { paths } from './paths.ts';
import { readRedriveForm } from './redrive-form.ts';
import { sendReport } from './report-route.ts';
import { runPage } from './run-page.ts';
import { runsPage } from './runs-page.ts';
import { readScopeForm, writeScopeForm } from './scope-form.ts';
import type { StartFormState } from './start-form.ts';

export interface PagesOptions {
  readonly service: AdminService;
  readonly access: Access;
  readonly authenticate: Middleware;
  /** Names of all jobs. */
  readonly jobs: readonly string[];
  /** Where logs and traces of a run are. */
  readonly linksOf: (runId: string, period: Period) => { readonly logs?: string; readonly traces?: string };
}

type Handler = (ctx: Context) => Promise<string | undefined> | string | undefined;

const historyLimit = 50;
const emptyForm: StartFormState = { values: {}, errors: [] };
const actions = ['cancel', 'resume'] as const;

export function pageRoutes({ service, access, authenticate, jobs, linksOf }: PagesOptions): Router {
  const router = new Router();
  const show = (path: string, handler: Handler, ...guards: readonly Middleware[]) =>
    router.get(path, onlyWhen(wantsPage, [authenticate, ...guards, toPage(handler)]));
  const take = (path: string, handler: Handler) =>
    router.post(path, onlyWhen(isForm, [authenticate, requireRole('trigger'), readFormBody, toPage(handler)]));

  router.get('/admin/assets/:name', serveAsset);
  router.get('/', (ctx) => ctx.redirect('/admin/jobs'));
  router.get('/admin', (ctx) => ctx.redirect('/admin/jobs'));
  router.get('/admin/login', (ctx) => sendPage(ctx, loginPage({ to: safeTarget(ctx.query.to) })));
  router.post('/admin/login', readFormBody, (ctx) => answerLogIn(ctx, access));
  router.post('/admin/logout', authenticate, (ctx) => {
    logOut(access, ctx);
    seeOther(ctx, paths.login);
  });

  show('/admin/jobs', async (ctx) => jobsPage({ jobs: await service.jobs(), ...visitorOf(ctx) }));
  show('/admin/jobs/:job', async (ctx) => {
    const job = await service.job(String(ctx.params.job));
    return showJob(ctx, job, await formLike(ctx, job));
  });
  show('/admin/runs', async (ctx) => {
    const filter = readQuery(ctx, runsQuery);
    return runsPage({ runs: await service.runs(filter), filter, jobs, ...visitorOf(ctx) });
  });
  show('/admin/runs/:run', (ctx) => showRun(ctx));
  router.get('/admin/runs/:run/report', authenticate, requireRole('read'), sendReport(service));
  show(
    '/admin/audit',
    async (ctx) => auditPage({ audit: await service.audit(readQuery(ctx, auditQuery)), ...visitorOf(ctx) }),
    requireRole('admin'),
  );
  for (const action of actions) {
    show(`/admin/runs/:run/${action}`, async (ctx) =>
      confirmPage({ run: await service.run(runOf(ctx)), action, ...visitorOf(ctx) }),
    );
  }

  take('/admin/jobs/:job', async (ctx) => {
    const job = await service.job(String(ctx.params.job));
    const values = formOf(ctx);
    const { body, problems } = readScopeForm(job.scope, values);
    if (problems.length > 0) return refuseForm(ctx, job, 422, { values, errors: problems.slice(0, mostErrors) });
    return orForm(ctx, job, () => service.start(job.name, body, accessOf(ctx).caller));
  });
  take('/admin/runs/:run/cancel', async (ctx) => {
    await service.cancel(runOf(ctx), accessOf(ctx).caller);
    return seeOther(ctx, paths.run(runOf(ctx)));
  });
  take('/admin/runs/:run/resume', async (ctx) => {
    const started = await service.resume(runOf(ctx), {}, accessOf(ctx).caller);
    return seeOther(ctx, paths.run(started.runId));
  });
  take('/admin/runs/:run/redrive', async (ctx) => {
    const { body, problems } = readRedriveForm(formOf(ctx));
    if (problems.length > 0) return showRun(ctx, 422, problems.map(({ message }) => message).join('; '));
    const started = await service.redrive(runOf(ctx), body, accessOf(ctx).caller);
    return seeOther(ctx, paths.run(started.runId));
  });
  return router;

  async function showJob(ctx: Context, job: JobView, form: StartFormState): Promise<string> {
    const { items: history } = await service.runs({ job: job.name, limit: historyLimit });
    return jobPage({ job, history, form, ...visitorOf(ctx) });
  }

  /** Filled in as for a run that was. */
  async function formLike(ctx: Context, { name, scope: schema }: JobView): Promise<StartFormState> {
    const { from } = ctx.query;
    if (typeof from !== 'string') return emptyForm;
    const { job, scope, dryRun } = await service.run(from);
    if (job !== name || typeof scope !== 'object' || scope === null || Array.isArray(scope)) return emptyForm;
    return { values: writeScopeForm(schema, { scope: { ...(scope as Record<string, Json>) }, dryRun }), errors: [] };
  }

  function refuseForm(ctx: Context, job: JobView, status: number, form: StartFormState): Promise<string> {
    ctx.status = status;
    return showJob(ctx, job, form);
  }

  /** To the run that was started; or the form again, with why it was not. */
  async function orForm(ctx: Context, job: JobView, start: () => Promise<Started>): Promise<string | undefined> {
    try {
      return seeOther(ctx, paths.run((await start()).runId));
    } catch (thrown) {
      const error = toAdminError(thrown);
      if (error === undefined || error.status === 404) throw thrown;
      const { errors = [], message, status } = error;
      return refuseForm(ctx, job, status, { values: formOf(ctx), errors, ...(errors.length === 0 ? { message } : {}) });
    }
  }

  async function showRun(ctx: Context, status = 200, notice?: string): Promise<string> {
    const query = readQuery(ctx, failuresQuery);
    const [run, failures] = await Promise.all([service.run(runOf(ctx)), service.failures(runOf(ctx), query)]);
    ctx.status = status;
    const links = linksOf(run.runId, {
      fromMs: Date.parse(run.startedAt),
      toMs: run.finishedAt === null ? systemClock.now() : Date.parse(run.finishedAt),
      goesOn: run.finishedAt === null,
    });
    return runPage({ run, failures, error: query.error, links, notice, ...visitorOf(ctx) });
  }
}

export function visitorOf(ctx: Context): Visitor {
  const { caller, session } = ctx.state as Partial<ReturnType<typeof accessOf>>;
  return { caller, csrf: session?.csrf };
}

export function sendPage(ctx: Context, page: string): void {
  ctx.type = 'text/html; charset=utf-8';
  ctx.vary('accept');
  ctx.body = page;
}

async function answerLogIn(ctx: Context, access: Access): Promise<void> {
  const { token, to } = formOf(ctx);
  try {
    await logIn(access, ctx, token);
    seeOther(ctx, safeTarget(to));
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    ctx.status = error.status;
    ctx.set(error.headers);
    sendPage(ctx, loginPage({ to: safeTarget(to), error: error.message }));
  }
}

function seeOther(ctx: Context, to: string): undefined {
  ctx.redirect(to);
  ctx.status = 303;
}

function toPage(handler: Handler): Middleware {
  return async (ctx) => {
    const page = await handler(ctx);
    if (page !== undefined) sendPage(ctx, page);
  };
}

function isForm(ctx: Context): boolean {
  return ctx.is('application/x-www-form-urlencoded') === 'application/x-www-form-urlencoded';
}

/** Others are let on to the API. */
function onlyWhen(holds: (ctx: Context) => boolean, middlewares: readonly Middleware[]): Middleware {
  const all = compose([...middlewares]);
  return (ctx, next) => (holds(ctx) ? all(ctx, next) : next());
}

function runOf(ctx: Context): string {
  return String(ctx.params.run);
}
