/**
 * The services that a job is given URLs of, each behind a proxy that keeps what is said.
 *
 * A URL that is a secret itself (a webhook's) is kept under a made-up one.
 */
import type { EnvironmentValues, Job } from '@stint/sdk';
import type { Exchange } from '../http/har.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

export interface Services {
  /** What the job is given in place of the real URLs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Base URL by variable, as a case names it. */
  readonly urls: Readonly<Record<string, string>>;
  /** By the time that they were begun. */
  exchanges(): readonly Exchange[];
}

interface StartedService {
  readonly name: string;
  /** The real URL, and the one that the case names. */
  readonly base: string;
  readonly shown: string;
  readonly proxy: RecordingProxy;
}

/** Declared variables and secrets that hold an http(s) URL. */
export function serviceVariables(job: Job, environment: EnvironmentValues): readonly string[] {
  return [...Object.keys(job.env.shape), ...job.secrets].filter((name) => isHttpUrl(environment[name]));
}

/** @param opened closes them */
export async function openServices(
  job: Job,
  environment: EnvironmentValues,
  opened: AsyncDisposableStack,
): Promise<Services> {
  const started: StartedService[] = [];
  for (const name of serviceVariables(job, environment)) {
    const base = withoutUser(environment[name] ?? '');
    const shown = job.secrets.includes(name) ? madeUpUrl(name) : base;
    started.push({ name, base, shown, proxy: opened.use(await startRecordingProxy(environment[name] ?? '')) });
  }
  return {
    environment: Object.fromEntries(started.map(({ name, proxy }) => [name, proxy.url])),
    urls: Object.fromEntries(started.map(({ name, shown }) => [name, shown])),
    exchanges: () =>
      started
        .flatMap(({ base, shown, proxy }) =>
          proxy.exchanges.map((exchange) => ({ ...exchange, url: exchange.url.replace(base, shown) })),
        )
        .sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime()),
  };
}

function isHttpUrl(value: string | undefined): boolean {
  return value !== undefined && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function madeUpUrl(name: string): string {
  return `http://${name.toLowerCase().replaceAll('_', '-')}.invalid`;
}

function withoutUser(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}
