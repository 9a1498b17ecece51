/**
 * Records a real run of a job as a case: what its sources yielded and its queries read, what services answered, and what
 * came of it.
 *
 * Guarantees: the job runs as it does without a recorder, in earnest, on the stores that it is given; a run that did not come to its end
 * gives no recording. Does not see requests that go past the job's declared variables: those are told.
 */
import {
  type EffectMiddleware,
  type EnvironmentValues,
  type Job,
  type Json,
  type LaunchOptions,
  launchJob,
  parseScope,
  StintError,
  type Stores,
  type Summary,
} from '@stint/sdk';
import { DynamodbRecorder } from './dynamodb-recorder.ts';
import { PostgresRecorder } from './postgres-recorder.ts';
import { type CaseTexts, caseTexts, type Recording } from './recording.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { Redaction } from './redaction.ts';
import { SecretWords } from './secret-words.ts';

export interface RecordOptions
  extends Omit<LaunchOptions, 'stores' | 'scope' | 'environment' | 'middleware' | 'dryRun'> {
  readonly environment: EnvironmentValues;
  readonly stores: Stores;
  readonly scope: Readonly<Record<string, unknown>>;
  /** @default says what was recorded and when */
  readonly description?: string;
  /** `payments.iban`, `$.customer.email`. @default none */
  readonly redact?: readonly string[];
}

export interface Recorded {
  readonly summary: Summary;
  readonly files: CaseTexts;
  /** What may be missing from the case, and what to do about it. */
  readonly warnings: readonly string[];
}

/**
 * @throws StintError `STINT_NOT_RECORDED` when the run did not come to its end
 * @throws UsageError for a field to redact that is in nothing, a secret that is too short; what `launchJob` throws
 */
export async function recordRun(job: Job, options: RecordOptions): Promise<Recorded> {
  const { environment, stores, redact = [], description, ...rest } = options;
  parseScope(job, options.scope);
  const redaction = new Redaction(redact);
  const secrets = new SecretWords(pick(environment, job.secrets));
  await using opened = new AsyncDisposableStack();
  const services = await openServices(job, environment, opened);
  const postgres = stores.postgres && opened.use(await PostgresRecorder.open(stores.postgres.connectionString));
  const dynamodb = stores.dynamodb && opened.use(new DynamodbRecorder(stores.dynamodb));
  const strays = new Set<string>();
  const summary = await launchJob(job, {
    ...rest,
    environment: { ...environment, ...services.environment },
    stores,
    middleware: [
      noteStrays(services.hosts, strays),
      ...(postgres === undefined ? [] : [postgres.middleware]),
      ...(dynamodb === undefined ? [] : [dynamodb.middleware]),
    ],
  });
  if (summary.status !== 'succeeded' && summary.status !== 'failed')
    throw new StintError(
      'STINT_NOT_RECORDED',
      `expected the run to come to its end, but it is ${summary.status}: a part of a run makes no case; record it again`,
    );
  const recording: Recording = {
    description: description ?? `Recorded from a run of ${summary.startedAt.slice(0, 10)}.`,
    scope: options.scope as Json,
    summary,
    env: pick(
      environment,
      Object.keys(job.env.shape).filter((name) => !services.isService(name)),
    ),
    services: services.urls,
    exchanges: services.exchanges(),
    postgres: await postgres?.finish(),
    dynamodb: await dynamodb?.finish(),
    redact,
  };
  return {
    summary,
    files: caseTexts(recording, secrets, redaction),
    warnings: [
      ...[...strays].map(
        (host) =>
          `requests to ${host} are not in the case: its URL is in none of the job's declared variables; declare one`,
      ),
      ...(recording.postgres?.warnings ?? []),
      ...(recording.dynamodb?.warnings ?? []),
    ],
  };
}

/** A proxy for each declared variable that holds an http(s) URL. */
async function openServices(job: Job, environment: EnvironmentValues, opened: AsyncDisposableStack) {
  const names = [...Object.keys(job.env.shape), ...job.secrets].filter((name) => isHttpUrl(environment[name]));
  const proxies = new Map<string, Awaited<ReturnType<typeof startRecordingProxy>>>();
  for (const name of names) proxies.set(name, opened.use(await startRecordingProxy(environment[name] ?? '')));
  return {
    environment: Object.fromEntries([...proxies].map(([name, { url }]) => [name, url])),
    hosts: new Set([...proxies.values()].map(({ url }) => new URL(url).host)),
    isService: (name: string) => proxies.has(name),
    urls: Object.fromEntries(names.map((name) => [name, withoutUser(environment[name] ?? '')])),
    exchanges: () =>
      [...proxies.values()]
        .flatMap(({ exchanges }) => exchanges)
        .sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime()),
  };
}

function noteStrays(hosts: ReadonlySet<string>, strays: Set<string>): EffectMiddleware {
  return (effect, next) => {
    if (effect.kind === 'http' && !hosts.has(effect.target)) strays.add(effect.target);
    return next();
  };
}

function isHttpUrl(value: string | undefined): boolean {
  return value !== undefined && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function withoutUser(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}

function pick(values: EnvironmentValues, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));
}
