/**
 * The ops channel: what it is told of the ends of runs, by the `notify` of their jobs.
 *
 *   STINT_SLACK_WEBHOOK_URL    where to @default nobody is told
 *   DD_ENV                     named in the message
 *   STINT_ADMIN_URL, DD_SITE, DD_SERVICE    links to the run and its logs: see `run-links.ts`
 */
import {
  describeError,
  durationsOfRunsLike,
  type EnvironmentValues,
  isToBeTold,
  type Job,
  type Ledger,
  postToSlack,
  type SlackMessage,
  type Summary,
  secretsOf,
  slackMessage,
  slackRefusal,
  systemClock,
} from '@stint/sdk';
import { jobLinks, runLinks } from './run-links.ts';

const lookWithinMs = 1_000;
// Less than the end of a task has for it, so that it is Slack's error that is told.
const postWithinMs = 4_800;

export class SlackChannel {
  readonly #environment: EnvironmentValues;

  constructor(environment: EnvironmentValues) {
    this.#environment = environment;
  }

  get isOn(): boolean {
    return Boolean(this.#environment.STINT_SLACK_WEBHOOK_URL);
  }

  /** What is to be told of a run that ended; undefined: nothing. Never rejects: without a ledger there is no median. */
  async messageOf(job: Job, summary: Summary, ledger: Ledger): Promise<SlackMessage | undefined> {
    if (!this.isOn || !isToBeTold(job.notify, summary)) return undefined;
    const earlierMs = await within(lookWithinMs, durationsOfRunsLike(ledger, summary)).catch(() => []);
    const { run, ...links } = runLinks(this.#environment, summary.runId, {
      fromMs: Date.parse(summary.startedAt),
      toMs: Date.parse(summary.finishedAt),
    });
    return slackMessage({
      summary,
      earlierMs,
      environment: this.#environment.DD_ENV,
      // One that never had its lease is in no ledger: it has no page.
      links: summary.attempt === 0 ? links : { run, ...links },
      secrets: secretsOf(this.#environment, [job]),
    });
  }

  /** What is to be told of a run that could not begin. */
  refusalOf(job: Job, error: unknown, exitCode: number): SlackMessage | undefined {
    if (!this.isOn || !isToBeTold(job.notify, { status: 'failed', exitCode })) return undefined;
    const { DD_ENV: environment } = this.#environment;
    const nowMs = systemClock.now();
    return slackRefusal({
      job: job.name,
      error: describeError(error),
      environment,
      links: jobLinks(this.#environment, job.name, { fromMs: nowMs, toMs: nowMs }),
      secrets: secretsOf(this.#environment, [job]),
    });
  }

  /** @throws SlackError when it was not taken within 5 s */
  async post(message: SlackMessage, signal?: AbortSignal): Promise<void> {
    const { STINT_SLACK_WEBHOOK_URL: url } = this.#environment;
    if (url) await postToSlack(url, message, { timeoutMs: postWithinMs, ...(signal === undefined ? {} : { signal }) });
  }
}

async function within<TValue>(ms: number, promise: Promise<TValue>): Promise<TValue> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('it took too long')), ms);
  return await Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
