/** What the admin's server is started on: its whole environment, and what has to stay up for it. */
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import type { EnvironmentValues } from '@stint/sdk';
import { repositoryRoot } from '../repository.ts';
import { openKeptStack } from '../stack/kept-stack.ts';
import type { Stack, StackKind } from '../stack/stack.ts';
import { startStack } from '../stack/start-stack.ts';
import { type OnWait, waitUnseen } from '../stack/waiting.ts';
import { isTokenName, makeAdminToken } from './admin-token.ts';
import { openDemoWorld } from './demo-world.ts';

export interface AdminGround extends AsyncDisposable {
  readonly environment: EnvironmentValues;
  /** Made for this start, with the role admin; null: tokens are those of the environment. */
  readonly token: string | null;
}

export interface AdminGroundOptions {
  readonly stack: StackKind | 'auto';
  readonly keep: boolean;
  /** Of this process. */
  readonly environment: EnvironmentValues;
  /** Who the token is for. @default 'admin' */
  readonly user: string | undefined;
  /** Hears of what is worth a line. */
  readonly say: (line: string) => void;
  /** Shows what is waited for. @default to nobody */
  readonly wait?: OnWait;
  /** Aborts the start. */
  readonly signal: AbortSignal;
}

// After a server was killed its runs are to be gone on with soon: nobody at a laptop waits for a minute.
const leaseTtlMs = '10000';
/** The rest of a laptop's settings stay away from the demo. */
const inherited = /^(PATH|USER|LOGNAME|TMPDIR|TZ|LANG|STINT_ADMIN_.*)$/;

/** On external stores the environment as it is. @throws StackError, FixtureError; the signal's reason */
export async function openAdminGround(options: AdminGroundOptions): Promise<AdminGround> {
  const { environment, user = '', say, wait = waitUnseen, signal } = options;
  if (options.stack === 'external') return { environment, token: null, async [Symbol.asyncDispose]() {} };

  await using opened = new AsyncDisposableStack();
  const stack = opened.use(await openStack(options));
  const ttl = environment.STINT_LEASE_TTL_MS || leaseTtlMs;
  using loading = wait('loading the demo data');
  const loaded = openDemoWorld(stack, { jobs, keep: options.keep, leaseTtlMs: ttl, say, signal });
  const world = opened.use(await loaded.catch((error: unknown) => Promise.reject(endedBy(signal, error))));
  loading[Symbol.dispose]();
  const { token, entry } = makeAdminToken(isTokenName(user) ? user : 'admin', 'admin');
  const all = opened.move();
  return {
    environment: {
      ...Object.fromEntries(Object.entries(environment).filter(([name]) => inherited.test(name))),
      ...world.environment,
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      // Any that is free: it tells which.
      PORT: '0',
      STINT_ADMIN_TOKENS: JSON.stringify([entry]),
    },
    token,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What is ended while it is loaded fails in its own words: a connection that broke, a table that is half made. */
function endedBy({ aborted, reason }: AbortSignal, error: unknown): unknown {
  return aborted ? reason : error;
}

async function openStack(options: AdminGroundOptions): Promise<Stack> {
  const { stack: kind, keep, environment, say, wait = waitUnseen, signal } = options;
  const directory = join(repositoryRoot, '.stint');
  say(
    `starting PostgreSQL and DynamoDB (${kind === 'embedded' ? `embedded, data ${keep ? 'kept ' : ''}in .stint/` : kind})`,
  );
  if (!keep) return await startStack({ kind, environment, directory, onStatus: say, onWait: wait, signal });
  using _wait = wait('PostgreSQL and DynamoDB');
  return await openKeptStack({ directory, onStatus: say, signal });
}
