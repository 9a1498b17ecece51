/** The case poll-payment-status/mixed with payments of a test's own, all of them settled by the provider. */
import { jobs } from '@stint/jobs/registry';
import { findJob, type Job, type Summary } from '@stint/sdk';
import type { CallLog } from '../../fakes/index.ts';
import { openHarness } from '../../harness.ts';

interface Payment {
  status: string;
  throttled: number;
  retryAfterSeconds: number;
  failures: number;
  asked: number;
}

interface ProviderState {
  latencyMs: number;
  payments: Record<string, Payment>;
}

/** The job with other limits; one that is undefined is lifted. */
export function withLimits(limits: Partial<Job['limits']> = {}): Job {
  const job = findJob(jobs, 'poll-payment-status');
  return { ...job, limits: { ...job.limits, ...limits } };
}

/** The job's own policy, with something else. */
export function retrying(policy: Partial<Job['limits']['retry']>): Pick<Job['limits'], 'retry'> {
  return { retry: { ...withLimits().limits.retry, ...policy } };
}

/** `count` pending payments, or with undefined those of the case. */
export async function openPayments(count?: number) {
  const harness = await openHarness('poll-payment-status/mixed');
  const fake = harness.fakes.PAYMENTS_API_URL;
  if (fake === undefined) throw new Error('expected the case to have a fake');
  const state = fake.state as ProviderState;
  if (count !== undefined) {
    await harness.sql('truncate payments');
    await harness.sql(
      `insert into payments (id, tenant_id, provider_ref, amount_cents, currency, status, created_at)
       select n, 't-1', 'pay_' || n, 100, 'EUR', 'pending', now() from generate_series(1, $1::int) n`,
      [count],
    );
    const payment = { status: 'settled', throttled: 0, retryAfterSeconds: 1, failures: 0, asked: 0 };
    const references = Array.from({ length: count }, (_, index) => `pay_${index + 1}`);
    state.payments = Object.fromEntries(references.map((reference) => [reference, { ...payment }]));
  }
  return { harness, fake, state, [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose]() };
}

/** A summary without what no two runs share: their ids, what the process needs, and the ports of fakes. */
export function comparable({ runId: _runId, memory: { peakRssMb: _peakRssMb, ...memory }, ...rest }: Summary) {
  return JSON.parse(JSON.stringify({ ...rest, memory }).replaceAll(/127\.0\.0\.1:\d+/g, 'provider'));
}

/** The calls of a fake: what came when, and how long it took. */
export function timesOf(calls: CallLog | undefined) {
  return (calls?.all ?? []).map(({ method, path, status, startedAtMs, finishedAtMs }) => ({
    call: `${method} ${path}`,
    status,
    startedAtMs,
    tookMs: (finishedAtMs ?? Number.NaN) - startedAtMs,
  }));
}
