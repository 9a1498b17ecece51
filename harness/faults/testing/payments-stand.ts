/** poll-payment-status, with a provider of the test. */

import type { FakeMiddleware, RunningFake } from '../../fakes/index.ts';
import { type PaymentsState, payments } from '../../fakes/index.ts';
import { openBase, type Stand, startWatched, toLines } from './stand.ts';
import { Works } from './works.ts';

export interface PaymentsStand extends Stand {
  readonly provider: RunningFake<PaymentsState>;
}

export interface PaymentsStandOptions {
  readonly items: number;
  /** @default 3 */
  readonly latencyMs?: number;
  /** @default none */
  readonly middleware?: readonly FakeMiddleware[];
}

const schema = `
  create table payments (
    id bigint primary key,
    tenant_id text not null,
    provider_ref text not null,
    status text not null,
    updated_at timestamptz
  )`;
const apiKey = 'test-key';
// Not only what is settled: what a run leaves as it was is worked again as often as it is read.
const statuses = ['settled', 'failed', 'refunded', 'pending'] as const;
const statusOf = (id: number) => statuses[id % statuses.length] ?? 'settled';
const refOf = (id: number) => `pay_${id}`;

export async function openPayments({
  items,
  latencyMs = 3,
  middleware = [],
}: PaymentsStandOptions): Promise<PaymentsStand> {
  await using opened = new AsyncDisposableStack();
  const works = new Works();
  const ids = Array.from({ length: items }, (_, index) => index + 1);
  const state = {
    apiKey,
    latencyMs,
    payments: Object.fromEntries(ids.map((id) => [refOf(id), { status: statusOf(id) }])),
  };
  const keyOf = (request: Request) => new URL(request.url).pathname.slice('/payments/'.length);
  const provider = opened.use(await startWatched(payments, state, works, keyOf, middleware));
  const rows = ids.map((id) => ({
    id,
    tenant_id: 't-1',
    provider_ref: refOf(id),
    status: 'pending',
    updated_at: null,
  }));
  const base = opened.use(
    await openBase(
      { 'postgres/schema.sql': schema, 'postgres/payments.jsonl': toLines(rows) },
      { PAYMENTS_API_URL: provider.url, PAYMENTS_API_KEY: apiKey },
      works,
    ),
  );
  const all = opened.move();
  return {
    ...base,
    job: 'poll-payment-status',
    items,
    groupSize: 1,
    segments: 1,
    provider: provider as RunningFake<PaymentsState>,
    async findUndone() {
      const found = await base.sql<{ id: string; status: string; asked: string }>('select id, status from payments');
      const isDone = (id: number, status: string) =>
        status === statusOf(id) && provider.state.payments[refOf(id)]?.asked !== 0;
      return found.filter(({ id, status }) => !isDone(Number(id), status)).map(({ id }) => id);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
