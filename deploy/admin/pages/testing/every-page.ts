/** Every page there is, on views that a test makes as it likes. */
import type { Caller } from '../../admin-service.ts';
import type { AuditView, FailureView, JobView, RunView } from '../../schemas.ts';
import { auditPage } from '../audit-page.ts';
import { confirmPage } from '../confirm-page.ts';
import { jobPage } from '../job-page.ts';
import { jobsPage } from '../jobs-page.ts';
import { loginPage } from '../login-page.ts';
import { problemPage } from '../problem-page.ts';
import { runPage } from '../run-page.ts';
import { runsPage } from '../runs-page.ts';
import type { StartFormState } from '../start-form.ts';

export interface PageViews {
  readonly caller: Caller | undefined;
  readonly csrf: string | undefined;
  readonly jobs: readonly JobView[];
  readonly runs: readonly RunView[];
  readonly failures: readonly FailureView[];
  readonly audit: readonly AuditView[];
  readonly form: StartFormState;
  /** Stands wherever a page is told something. */
  readonly words: string;
  readonly next: string | null;
}

/** By a name that tells which it is. */
export function everyPage(views: PageViews): ReadonlyMap<string, string> {
  const { caller, csrf, jobs, runs, failures, audit, form, words, next } = views;
  const visitor = { caller, csrf };
  const failed = { items: failures, next };
  const problem = { status: 409, title: words, detail: words, errors: [{ path: words, message: words }], runId: words };
  return new Map([
    ['jobs', jobsPage({ jobs, ...visitor })],
    ...jobs.map((job) => [`job ${job.name}`, jobPage({ job, history: runs, form, ...visitor })] as const),
    [
      'runs',
      runsPage({
        runs: { items: runs, next },
        filter: { job: words, status: 'failed' },
        jobs: [words, 'b'],
        ...visitor,
      }),
    ],
    ...runs.flatMap((run, index) => [
      [`run ${index}`, runPage({ run, failures: failed, links: { logs: words }, ...visitor })] as const,
      [`run ${index} by error`, runPage({ run, failures: failed, error: words, notice: words, ...visitor })] as const,
      [`cancel ${index}`, confirmPage({ run, action: 'cancel', ...visitor })] as const,
      [`resume ${index}`, confirmPage({ run, action: 'resume', ...visitor })] as const,
    ]),
    ['audit', auditPage({ audit: { items: audit, next }, ...visitor })],
    ['login', loginPage({ to: words, error: words, csrf })],
    ['login at first', loginPage({ csrf })],
    ['problem', problemPage({ ...problem, ...visitor })],
  ]);
}
