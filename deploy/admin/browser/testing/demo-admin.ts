/** The admin over the jobs of the registry, on the demo data that `stint admin` has. */
import { jobs } from '@stint/jobs/registry';
import { silentLog } from '@stint/sdk';
import { openDemoWorld } from '../../../../harness/cli/demo-world.ts';
import { testStack } from '../../../../harness/testing/test-stack.ts';
import { makeToken } from '../../access/tokens.ts';
import { resolveAdminConfig } from '../../config.ts';
import { startAdminServer } from '../../start-server.ts';
import { fillHistory } from './demo-history.ts';
import type { Place } from './in-browser.ts';
import { openRelay, type Relay } from './relay.ts';

export interface DemoAdmin extends Place, AsyncDisposable {
  /** Between poll-payment-status and its provider. */
  readonly provider: Relay;
}

export async function openDemoAdmin(): Promise<DemoAdmin> {
  await using opened = new AsyncDisposableStack();
  const { signal } = new AbortController();
  const world = opened.use(
    await openDemoWorld(testStack(), { jobs, keep: false, leaseTtlMs: '10000', say: () => undefined, signal }),
  );
  await fillHistory(String(world.environment.DATABASE_URL));
  const made = {
    read: makeToken('grace', 'read'),
    trigger: makeToken('qa', 'trigger'),
    admin: makeToken('ada', 'admin'),
  };
  const config = resolveAdminConfig({
    ...{ NODE_ENV: 'development', PORT: '0', DD_SITE: 'datadoghq.eu' },
    STINT_ADMIN_TOKENS: JSON.stringify(Object.values(made).map(({ entry }) => entry)),
  });
  const provider = opened.use(await openRelay(String(world.environment.PAYMENTS_API_URL)));
  const environment = { ...world.environment, PAYMENTS_API_URL: provider.url };
  const admin = opened.use(await startAdminServer({ jobs, config, environment, log: () => silentLog }));
  const all = opened.move();
  return {
    url: admin.url,
    provider,
    tokens: { read: made.read.token, trigger: made.trigger.token, admin: made.admin.token },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
