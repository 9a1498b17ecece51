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

/** When something happened, in ms since the epoch. Without it Datadog shows its last quarter of an hour. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
  /** What comes after it is shown, too. @default false */
  readonly goesOn?: boolean;
}

// Lines arrive late, and clocks differ.
const marginMs = 300_000;

export function datadogLinks(
  { site, service }: Datadog,
  runId: string,
  period: Period,
): { readonly logs: string; readonly traces: string } {
  const { from, to, goesOn } = shown(period);
  // A line of the log has the run in `run`, a span in `stint.run.id`.
  return {
    logs: logsLink({ site, service }, `@run:${runId}`, period),
    traces: `https://${webHostOf(site)}/apm/traces?${search({
      query: `service:${service} @stint.run.id:${runId}`,
      start: from,
      end: to,
      paused: `${!goesOn}`,
    })}`,
  };
}

/** `STINT_ADMIN_URL`, `https://stint.example`: the run's page; `DD_SITE`: its logs. */
export function runLinks(
  environment: EnvironmentValues,
  runId: string,
  period: Period,
): { readonly run?: string; readonly logs?: string } {
  const { STINT_ADMIN_URL } = environment;
  const datadog = datadogFrom(environment);
  return {
    ...(STINT_ADMIN_URL && URL.canParse(STINT_ADMIN_URL)
      ? { run: new URL(`/admin/runs/${encodeURIComponent(runId)}`, STINT_ADMIN_URL).href }
      : {}),
    ...(datadog === undefined ? {} : { logs: datadogLinks(datadog, runId, period).logs }),
  };
}

/** Of a run that could not begin, and has no page: the logs of its job. */
export function jobLinks(environment: EnvironmentValues, job: string, period: Period): { readonly logs?: string } {
  const datadog = datadogFrom(environment);
  return datadog === undefined ? {} : { logs: logsLink(datadog, `@job:${job}`, period) };
}

function logsLink({ site, service }: Datadog, which: string, period: Period): string {
  const { from, to, goesOn } = shown(period);
  const query = `service:${service} ${which}`;
  return `https://${webHostOf(site)}/logs?${search({ query, from_ts: from, to_ts: to, live: `${goesOn}` })}`;
}

function shown({ fromMs, toMs, goesOn = false }: Period) {
  return { from: `${fromMs - marginMs}`, to: `${toMs + marginMs}`, goesOn };
}

function search(values: Readonly<Record<string, string>>): string {
  return new URLSearchParams(values).toString().replaceAll('+', '%20');
}

/** `app.datadoghq.eu`; sites of the form `us3.datadoghq.com` are called so themselves. */
function webHostOf(site: string): string {
  return site.split('.').length > 2 ? site : `app.${site}`;
}
