/** Where the admin's pages are, and where their forms go. */

export const paths = {
  jobs: '/admin/jobs',
  job: (name: string) => `/admin/jobs/${segment(name)}`,
  /** The form of a job, filled in as for a run that was. */
  jobLike: (name: string, runId: string) => `/admin/jobs/${segment(name)}?${query({ from: runId })}#start`,
  runs: '/admin/runs',
  runsOf: (filter: Readonly<Record<string, string | undefined>>) => withQuery('/admin/runs', filter),
  run: (runId: string) => `/admin/runs/${segment(runId)}`,
  failuresOf: (runId: string, filter: Readonly<Record<string, string | undefined>>) =>
    `${withQuery(`/admin/runs/${segment(runId)}`, filter)}#failures`,
  report: (runId: string) => `/admin/runs/${segment(runId)}/report`,
  events: (runId: string) => `/admin/runs/${segment(runId)}/events`,
  cancel: (runId: string) => `/admin/runs/${segment(runId)}/cancel`,
  resume: (runId: string) => `/admin/runs/${segment(runId)}/resume`,
  redrive: (runId: string) => `/admin/runs/${segment(runId)}/redrive`,
  audit: '/admin/audit',
  auditAfter: (after: string) => withQuery('/admin/audit', { after }),
  login: '/admin/login',
  logout: '/admin/logout',
  asset: (name: string) => `/admin/assets/${name}`,
} as const;

function withQuery(path: string, values: Readonly<Record<string, string | undefined>>): string {
  const text = query(values);
  return text === '' ? path : `${path}?${text}`;
}

function query(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  return new URLSearchParams(given).toString();
}

function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
