/** Where to look at a run, as far as the environment says where things are. */
import type { EnvironmentValues } from '@stint/sdk';

export interface Datadog {
  /** `datadoghq.eu` */
  readonly site: string;
  readonly service: string;
}

/** Undefined: no logs are known to be anywhere. */
export function datadogFrom({ DD_SITE, DD_SERVICE }: EnvironmentValues): Datadog | undefined {
  return DD_SITE ? { site: DD_SITE, service: DD_SERVICE || 'stint' } : undefined;
}

export function datadogLinks(
  { site, service }: Datadog,
  runId: string,
): { readonly logs: string; readonly traces: string } {
  // A line of the log has the run in `run`, a span in `stint.run.id`.
  const query = (attribute: string) => encodeURIComponent(`service:${service} @${attribute}:${runId}`);
  return {
    logs: logsLink(site, query('run')),
    traces: `https://${webHostOf(site)}/apm/traces?query=${query('stint.run.id')}`,
  };
}

/** `STINT_ADMIN_URL`, `https://stint.example`: the run's page; `DD_SITE`: its logs. */
export function runLinks(
  environment: EnvironmentValues,
  runId: string,
): { readonly run?: string; readonly logs?: string } {
  const { STINT_ADMIN_URL } = environment;
  const datadog = datadogFrom(environment);
  return {
    ...(STINT_ADMIN_URL && URL.canParse(STINT_ADMIN_URL)
      ? { run: new URL(`/admin/runs/${encodeURIComponent(runId)}`, STINT_ADMIN_URL).href }
      : {}),
    ...(datadog === undefined ? {} : { logs: datadogLinks(datadog, runId).logs }),
  };
}

/** Of a run that could not begin, and has no page: the logs of its job. */
export function jobLinks(environment: EnvironmentValues, job: string): { readonly logs?: string } {
  const datadog = datadogFrom(environment);
  if (datadog === undefined) return {};
  return { logs: logsLink(datadog.site, encodeURIComponent(`service:${datadog.service} @job:${job}`)) };
}

function logsLink(site: string, query: string): string {
  return `https://${webHostOf(site)}/logs?query=${query}`;
}

/** `app.datadoghq.eu`; sites of the form `us3.datadoghq.com` are called so themselves. */
function webHostOf(site: string): string {
  return site.split('.').length > 2 ? site : `app.${site}`;
}
