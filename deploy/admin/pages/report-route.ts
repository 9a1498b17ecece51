/**
 * The report of a run, as the file it is: for whoever wants to keep it, or send it on.
 *
 * It carries its style in itself, which the admin's policy forbids, and rightly so: its pages have forms. So it has a policy of
 * its own, which lets it show itself and nothing else: no script, nothing from elsewhere, no form, and by `sandbox` an origin
 * of its own, so that it could not reach the admin's cookies and pages even if something in it were to run.
 */
import { runReportPolicy } from '@stint/sdk';
import type { Middleware } from 'koa';
import type { AdminService } from '../admin-service.ts';

const headers = {
  'Content-Security-Policy': `${runReportPolicy}; frame-ancestors 'none'; sandbox`,
  // By the letter of HTML what is in a sandbox and asks for a group of its own is not shown; not every browser is so strict.
  'Cross-Origin-Opener-Policy': 'unsafe-none',
};

export function sendReport(service: AdminService): Middleware {
  return async (ctx) => {
    const runId = String(ctx.params.run);
    const page = await service.report(runId);
    ctx.set(headers);
    // It was found, so it is an id of letters and digits.
    ctx.set('Content-Disposition', `inline; filename="${runId}.html"`);
    ctx.type = 'text/html; charset=utf-8';
    ctx.body = page;
  };
}
