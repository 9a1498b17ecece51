/**
 * `stint` with a kept stack of its own, in a copy of the repository, on payments at a provider that the test owns: it
 * sees what is asked, and decides what is answered.
 */
import { join } from 'node:path';
import type { RunRecord } from '@stint/sdk';
import { fakeNamed, type RunningFake, startFake } from '../../fakes/index.ts';
import type { PaymentsState } from '../../fakes/payments.ts';
import { makeCaseFolder } from '../../fixture/testing/case-folder.ts';
import { type Ended, type Program, runProgram, startProgram } from '../../testing/program.ts';
import { copyRepository } from '../../testing/repository-copy.ts';

export interface KeptWorldOptions {
  /** @default 40 */
  readonly payments?: number;
  /** Others, of which nothing is to be asked; they come first. @default 0 */
  readonly settled?: number;
  /** How long the provider takes to answer. @default 0 */
  readonly latencyMs?: number;
}

export interface KeptWorld extends AsyncDisposable {
  readonly provider: RunningFake<object>;
  readonly state: PaymentsState;
  /** Folder of the case. */
  readonly fixture: string;
  /** The kept data. */
  readonly slot: string;
  stint(...args: readonly string[]): Promise<Ended>;
  /** What a command with `--json` says. */
  json<T>(...args: readonly string[]): Promise<T>;
  /** `stint run poll-payment-status --keep`. */
  startRun(...args: readonly string[]): Program;
  runs(): Promise<readonly RunRecord[]>;
}

const schema = `create table payments (
  id bigint primary key, tenant_id text, provider_ref text not null, status text not null, updated_at timestamptz)`;
const main = 'harness/cli/main.ts';

/** Short, since a test waits for it; long enough for a machine that is busy. */
export const leaseTtlMs = 3_000;

export async function openKeptWorld({
  payments = 40,
  settled = 0,
  latencyMs = 0,
}: KeptWorldOptions = {}): Promise<KeptWorld> {
  await using opened = new AsyncDisposableStack();
  const ids = Array.from({ length: payments }, (_, index) => index + 1);
  const provider = opened.use(
    await startFake(fakeNamed('payments'), {
      state: {
        apiKey: 'key-of-the-case',
        latencyMs,
        payments: Object.fromEntries(ids.map((id) => [`pay_${id}`, { status: 'settled' }])),
      },
    }),
  );
  const row = (id: number, status: string) =>
    JSON.stringify({ id, tenant_id: 't-1', provider_ref: `pay_${id}`, status });
  const others = Array.from({ length: settled }, (_, index) => row(-1 - index, 'settled'));
  const folder = opened.use(
    makeCaseFolder({
      'case.json': JSON.stringify({
        description: 'payments at a provider of the test',
        env: { PAYMENTS_API_URL: provider.url },
        secrets: { PAYMENTS_API_KEY: 'key-of-the-case' },
      }),
      'postgres/schema.sql': schema,
      'postgres/payments.jsonl': `${[...others, ...ids.map((id) => row(id, 'pending'))].join('\n')}\n`,
    }),
  );
  const copy = opened.use(copyRepository());
  const options = { root: copy.path, env: { USER: 'ada', STINT_LEASE_TTL_MS: String(leaseTtlMs) } };
  const stint = (...args: readonly string[]) => runProgram(main, args, options);
  const json = async <T>(...args: readonly string[]): Promise<T> => {
    const ended = await stint(...args, '--json');
    if (ended.stdout === '') throw new Error(`expected JSON of stint ${args.join(' ')}, got:\n${ended.stderr}`);
    return JSON.parse(ended.stdout);
  };
  const all = opened.move();
  return {
    provider,
    state: provider.state as PaymentsState,
    fixture: folder.path,
    slot: join(copy.path, '.stint', 'stack-1'),
    stint,
    json,
    startRun: (...args) =>
      startProgram(main, ['run', 'poll-payment-status', '--keep', '--fixture', folder.path, ...args], options),
    runs: () => json('runs'),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
