/**
 * The Lambda function: an event of a task that stopped becomes one count of `stint.task_stopped` in Datadog, and one log line.
 *
 *   DD_API_KEY_SECRET_ARN    secret with Datadog's API key, as a task definition names it: `api-key.ts`
 *   DD_SITE                  @default datadoghq.com
 *   DD_API_URL               where Datadog's API is @default https://api.<DD_SITE>
 *   DD_ENV                   tag `env` @default no such tag
 *   STINT_FAMILY_PREFIX      what the families of jobs begin with; the rest is the job's name @default nothing
 *
 * Tags: `task_family`, `job`, `exit_code` (`none` without one), `stop_code`, `cause`, `env`.
 *
 * Guarantees: what could not be counted is thrown, so that Lambda tries the event again, twice, and then hands it to its
 * dead-letter queue. No key, no environment of a container and no text of Datadog's is in a log line or a metric.
 * Does not guarantee one count a stop: EventBridge and Lambda hand an event over at least once. Points are of the second in
 * which the task stopped, so that an event that comes twice is the same point twice; the alert asks for more than none, and is
 * right whether Datadog keeps one of them or both. Once that second is too long ago for an alert to look at, it is now.
 *
 * Imported here are only the files that `code.ts` joins with this one.
 */
import { ApiKey } from './api-key.ts';
import { DatadogError, postCount } from './post-count.ts';
import { type TaskStopped, toTaskStopped } from './to-task-stopped.ts';

/** Of the context that Lambda gives. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

export interface HandlerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes one line, with its end. */
  readonly write: (line: string) => void;
}

export type Handler = (event: unknown, context: InvocationContext) => Promise<void>;

interface Settings {
  readonly url: string;
  readonly secretArn: string;
}

const metric = 'stint.task_stopped';
/** Left for the log line. */
const marginMs = 500;
/** The monitor looks at the last five minutes, and Datadog needs some time. */
const oldestPointMs = 120_000;

export function taskStoppedHandler({ environment, write }: HandlerOptions): Handler {
  let key: ApiKey | undefined;
  return async (event, context) => {
    const endMs = performance.now() + context.getRemainingTimeInMillis() - marginMs;
    let stopped: TaskStopped | undefined;
    try {
      stopped = toTaskStopped(event, { familyPrefix: environment.STINT_FAMILY_PREFIX ?? '' });
      if (stopped === undefined) return writeLine('info', 'nothing to count', {});
      const settings = settingsFrom(environment);
      key ??= new ApiKey(settings.secretArn);
      const attempts = await countWith(key, stopped, settings.url, endMs);
      writeLine('info', 'counted a task that stopped', { ...stopped, attempts });
    } catch (error) {
      const told = error instanceof Error ? { name: error.name, message: error.message } : { name: 'unknown' };
      writeLine('error', 'could not count a task that stopped', { ...stopped, error: told });
      throw error;
    }
  };

  function writeLine(level: 'info' | 'error', msg: string, fields: object): void {
    write(`${JSON.stringify({ level, time: new Date().toISOString(), msg, ...fields })}\n`);
  }

  async function countWith(apiKey: ApiKey, stopped: TaskStopped, url: string, endMs: number): Promise<number> {
    const nowMs = Date.now();
    const isOld = nowMs - stopped.stoppedAtMs > oldestPointMs;
    const count = { metric, tags: tagsOf(stopped), atMs: isOld ? nowMs : Math.min(stopped.stoppedAtMs, nowMs) };
    const post = async () => {
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(endMs - performance.now())));
      return await postCount(count, { url, apiKey: await apiKey.read(signal), withinMs: endMs - performance.now() });
    };
    try {
      return await post();
    } catch (error) {
      // The key may have been replaced since this process read it.
      if (!(error instanceof DatadogError) || (error.status !== 401 && error.status !== 403)) throw error;
      apiKey.forget();
      return await post();
    }
  }

  function tagsOf({ taskFamily, job, exitCode, stopCode, cause }: TaskStopped): Readonly<Record<string, string>> {
    const { DD_ENV: env } = environment;
    const tags = { task_family: taskFamily, job, exit_code: `${exitCode ?? 'none'}`, stop_code: stopCode, cause };
    return env ? { ...tags, env } : tags;
  }
}

function settingsFrom({ DD_API_KEY_SECRET_ARN, DD_SITE, DD_API_URL }: HandlerOptions['environment']): Settings {
  const site = DD_SITE || 'datadoghq.com';
  if (!/^[a-z0-9.-]+$/.test(site))
    throw new Error('expected DD_SITE to be a host name like datadoghq.eu, got another text');
  if (!DD_API_KEY_SECRET_ARN?.startsWith('arn:')) {
    throw new Error(
      `expected DD_API_KEY_SECRET_ARN to be the ARN of a secret, got ${DD_API_KEY_SECRET_ARN ? 'another text' : 'nothing'}`,
    );
  }
  return { url: (DD_API_URL || `https://api.${site}`).replace(/\/+$/, ''), secretArn: DD_API_KEY_SECRET_ARN };
}
