/**
 * The embedded stack: a real PostgreSQL from npm and dynalite, as processes of this machine. No Docker.
 *
 * Guarantees: when the start fails or is aborted, and after dispose, nothing runs and the slot is free. A process
 * that exits without dispose takes its servers along; one that is killed leaves them to their watchman
 * (dynalite-server.ts), and if that was killed too, to the next start on the same slot, which ends and recovers them.
 * Does not guarantee: durability. A crash of the machine may cost the data, kept or not.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { findServerAccount } from './account.ts';
import { openBaseDirectory } from './base-directory.ts';
import { describeDiskError } from './disk-error.ts';
import { startDynalite } from './dynalite-process.ts';
import { Forks } from './forks.ts';
import { openToGuests, removeAddress } from './kept-address.ts';
import { endOrphan } from './orphan-postgres.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { reachableBinaries } from './reachable-binaries.ts';
import { claimSlot } from './slot.ts';
import type { Stack } from './stack.ts';
import { startOnCluster } from './start-on-cluster.ts';

export interface EmbeddedStackOptions {
  /** Holds all data: made when it is missing. Usually `<repo>/.stint`. */
  readonly directory: string;
  /**
   * Keeps the data for the next start with `keep`. One such stack at a time; others can visit it (`kept-stack.ts`), and
   * dispose waits until they have left.
   * @default false
   */
  readonly keep?: boolean;
  /** Aborts the start. Once the stack is up, dispose ends it. @default never */
  readonly signal?: AbortSignal;
  /** Hears of what is worth a line: recoveries, fallbacks, a server that ended by itself. @default silent */
  readonly onStatus?: (line: string) => void;
}

interface Start {
  readonly directory: string;
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly onStatus: (line: string) => void;
}

/**
 * Starts both servers.
 *
 * @throws StackError, see `StackErrorCode`; the signal's reason when it aborts
 */
export async function startEmbeddedStack(options: EmbeddedStackOptions): Promise<Stack> {
  const { directory, keep = false, signal = new AbortController().signal, onStatus = () => undefined } = options;
  signal.throwIfAborted();
  try {
    return await start({ directory, keep, signal, onStatus });
  } catch (error) {
    signal.throwIfAborted();
    throw describeDiskError(error, directory);
  }
}

async function start({ directory, keep, signal, onStatus }: Start): Promise<Stack> {
  const account = findServerAccount();
  const found = await findPostgresBinaries();
  const baseDirectory = openBaseDirectory(directory, account, onStatus);
  const binaries = reachableBinaries(found, account, baseDirectory, onStatus);

  await using opened = new AsyncDisposableStack();
  const slot = opened.use(claimSlot(baseDirectory, keep));
  removeAddress(slot.directory);
  const data = join(slot.directory, 'postgres');
  const orphan = await endOrphan(data, signal);
  if (orphan !== undefined) onStatus(`ended PostgreSQL (process ${orphan}), left running by a stack that was killed`);
  const wipe = (): void => rmSync(data, { recursive: true, force: true });
  if (!keep) {
    wipe();
    opened.defer(wipe);
  }

  const failure = new AbortController();
  const both = { signal: AbortSignal.any([signal, failure.signal]), onStatus };
  const place = { binaries, account, baseDirectory, slotDirectory: slot.directory };
  const starting = [
    startDynalite({
      ...both,
      path: keep ? join(slot.directory, 'dynamodb') : undefined,
      logFile: join(slot.directory, 'dynamodb.log'),
    }),
    startOnCluster({ ...both, ...place, directory: data, logFile: join(slot.directory, 'postgres.log') }),
  ] as const;
  // The first failure ends the other start; both must have come to rest before anything is undone.
  for (const one of starting) one.catch((error: unknown) => failure.abort(error));
  const [dynalite, postgres] = await Promise.allSettled(starting);
  // Disposed in reverse: the watchman goes after the server that it watches.
  if (dynalite.status === 'fulfilled') opened.use(dynalite.value);
  if (postgres.status === 'fulfilled') opened.use(postgres.value);
  if (dynalite.status === 'rejected' || postgres.status === 'rejected') throw failure.signal.reason;
  dynalite.value.watch(postgres.value.identity);

  const forks = new Forks(postgres.value.url, dynalite.value.endpoint);
  opened.defer(() => forks.close({ drop: keep }));
  if (keep) await forks.dropLeftovers();
  signal.throwIfAborted();

  const stack: Stack = {
    kind: 'embedded',
    postgresUrl: postgres.value.url,
    dynamodb: dynalite.value.endpoint,
    fork: (options) => forks.fork(options),
    [Symbol.asyncDispose]: () => servers.disposeAsync(),
  };
  if (keep) opened.use(openToGuests(slot.directory, stack, onStatus));
  const servers = opened.move();
  return stack;
}
