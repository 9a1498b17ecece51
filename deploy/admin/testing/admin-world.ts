/** The admin as a process of its own, `node deploy/admin/server.ts`, on a case whose provider takes its time. */
import { openHarness } from '@stint/harness';
import { externalEnvironment } from '../../../harness/testing/external-environment.ts';
import { type Program, startProgram } from '../../../harness/testing/program.ts';
import { makeToken } from '../access/tokens.ts';
import { type Answer, ask } from './ask.ts';
import { type LedgerKind, makeStandLedger } from './stand-ledger.ts';

export const serverFile = 'deploy/admin/server.ts';

export interface AdminWorldOptions {
  /** @default 'postgres' */
  readonly ledger?: LedgerKind;
  /** @default 5_000 */
  readonly leaseTtlMs?: number;
  /** How long the provider takes for an answer. @default 100 */
  readonly latencyMs?: number;
}

export interface AdminProgram extends Program {
  readonly url: string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

/** Every line of standard output, which has to be JSON. */
export function linesOf({ stdout }: { readonly stdout: string }): readonly Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

export async function openAdminWorld({
  ledger = 'postgres',
  leaseTtlMs = 5_000,
  latencyMs = 100,
}: AdminWorldOptions = {}) {
  await using opened = new AsyncDisposableStack();
  const harness = opened.use(await openHarness('poll-payment-status/demo'));
  const provider = harness.fakes.PAYMENTS_API_URL;
  const state = provider?.state as { latencyMs: number };
  state.latencyMs = latencyMs;
  const kept = await makeStandLedger(harness.stores.fork, { kind: ledger, leaseTtlMs });
  const { token, entry } = makeToken('ops', 'admin');
  const environment = {
    ...externalEnvironment(harness.stores),
    ...kept.environment,
    HOST: '127.0.0.1',
    PORT: '0',
    STINT_ADMIN_TOKENS: JSON.stringify([entry]),
  };
  const reader = opened.use(await kept.open());
  const all = opened.move();
  return {
    harness,
    environment,
    token,
    /** Its ledger. */
    ledger: reader,
    /** How fast the provider is from now on. */
    setLatency(ms: number) {
      state.latencyMs = ms;
    },
    calls: () => provider?.calls.all ?? [],
    /** Payments of a tenant that the provider was never asked about. */
    async unasked(tenantId: string): Promise<readonly string[]> {
      const asked = new Set((provider?.calls.all ?? []).map(({ path }) => path));
      const rows = await harness.sql<{ provider_ref: string }>(
        `select provider_ref from payments where tenant_id = '${tenantId}' and status = 'pending'`,
      );
      return rows.map(({ provider_ref }) => provider_ref).filter((ref) => !asked.has(`/payments/${ref}`));
    },
    async start(more: Readonly<Record<string, string | undefined>> = {}): Promise<AdminProgram> {
      const program = startProgram(serverFile, [], { env: { ...environment, ...more } });
      await program.writes('"listening"');
      const url = String(linesOf(program).find(({ msg }) => msg === 'listening')?.url);
      const options = (headers: Readonly<Record<string, string>> = {}, body?: unknown) => ({ token, headers, body });
      return Object.assign(Object.create(program), {
        url,
        get: (path: string, headers?: Readonly<Record<string, string>>) =>
          ask('GET', new URL(path, url), options(headers)),
        post: (path: string, body?: unknown, headers?: Readonly<Record<string, string>>) =>
          ask('POST', new URL(path, url), options(headers, body)),
      });
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
