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
import type { Exchange } from '../http/har.ts';
import { DynamodbRecorder } from './dynamodb-recorder.ts';
import { PostgresRecorder } from './postgres-recorder.ts';
import { type CaseTexts, caseTexts, expectationOf, type Recording } from './recording.ts';
import { Redaction } from './redaction.ts';
import { SecretWords } from './secret-words.ts';
import { openServices, type Services } from './services.ts';

export interface RecordOptions extends Omit<LaunchOptions, 'stores' | 'scope' | 'environment' | 'middleware'> {
  readonly environment: EnvironmentValues;
  readonly stores: Stores;
  readonly scope: Readonly<Record<string, unknown>>;
  /** @default says what was recorded and when */
  readonly description?: string;
  /** `payments.iban`, `$.customer.email`. @default none */
  readonly redact?: readonly string[];
  /** What was said to services, and came of it, in a run that is over. @default what this run says, and comes of it */
  readonly past?: Past;
}

export interface Past extends Pick<Services, 'urls'> {
  readonly exchanges: readonly Exchange[];
  /** ISO 8601. */
  readonly now: string;
  readonly expect: Readonly<Record<string, Json>>;
}

export interface Recorded {
  readonly summary: Summary;
  readonly files: CaseTexts;
  /** What may be missing from the case, and what to do about it. */
  readonly warnings: readonly string[];
}

const certificateError = /CERT|UNABLE_TO_(?:GET|VERIFY)/;

/**
 * @throws StintError `STINT_NOT_RECORDED` when the run did not come to its end
 * @throws UsageError for a field to redact that is in nothing, a secret that is too short; what `launchJob` throws
 */
export async function recordRun(job: Job, options: RecordOptions): Promise<Recorded> {
  const { environment, stores, redact = [], description, past, ...rest } = options;
  parseScope(job, options.scope);
  const redaction = new Redaction(redact);
  const secrets = new SecretWords(pick(environment, job.secrets));
  await using opened = new AsyncDisposableStack();
  const services =
    past === undefined
      ? await openServices(job, environment, opened)
      : { environment: {}, urls: past.urls, exchanges: () => past.exchanges };
  const given = { ...environment, ...services.environment };
  const postgres = stores.postgres && opened.use(await PostgresRecorder.open(stores.postgres.connectionString));
  const dynamodb = stores.dynamodb && opened.use(new DynamodbRecorder(stores.dynamodb));
  const strays = new Set<string>();
  const summary = await launchJob(job, {
    ...rest,
    environment: given,
    stores,
    middleware: [
      noteStrays(new Set(Object.keys(services.urls).map((name) => new URL(given[name] ?? '').host)), strays),
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
    now: past?.now ?? summary.startedAt,
    expect: past?.expect ?? expectationOf(summary),
    env: pick(
      environment,
      Object.keys(job.env.shape).filter((name) => !Object.hasOwn(services.urls, name)),
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
      ...tellUntrusted(recording.exchanges),
      ...(recording.postgres?.warnings ?? []),
      ...(recording.dynamodb?.warnings ?? []),
    ],
  };
}

/** A job that is not recorded would be told by its own request: here it is the proxy that is. */
function tellUntrusted(exchanges: readonly Exchange[]): readonly string[] {
  const untrusted = exchanges.filter(({ error }) => error !== null && certificateError.test(error));
  return [...Map.groupBy(untrusted, ({ url }) => new URL(url).host)].map(
    ([host, of]) =>
      `${of.length} requests to ${host} were not sent: its certificate is not trusted (${of[0]?.error}); name a file with the certificate of who signed it in NODE_EXTRA_CA_CERTS, and record it again`,
  );
}

function noteStrays(hosts: ReadonlySet<string>, strays: Set<string>): EffectMiddleware {
  return (effect, next) => {
    if (effect.kind === 'http' && !hosts.has(effect.target)) strays.add(effect.target);
    return next();
  };
}

function pick(values: EnvironmentValues, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));
}
