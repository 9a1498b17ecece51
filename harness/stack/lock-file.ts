/**
 * A lock that is a file, held by a process, and free again as soon as that process has ended, however it ended.
 *
 * Guarantees: at most one holder on one machine, also when several processes find the same stale lock at once.
 * Does not guarantee: anything across machines or pid namespaces that share a directory; there a lock of another
 * host counts as held until its file is removed.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

interface Holder extends ProcessIdentity {
  readonly host: string;
  /** Tells this holding of the lock from every other. */
  readonly nonce: string;
}

/** Takes the lock, or returns undefined when a running process has it. Dispose to release. */
export function takeLock(path: string): Disposable | undefined {
  for (;;) {
    const lock = createLock(path);
    if (lock !== undefined) return lock;
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (isHeld(holder)) return undefined;

    // Only who holds the stale lock's own takeover lock may remove it: else a second process that also found it
    // stale could remove the lock that the first one has just made.
    using takeover = takeLock(`${path}.after-${holder.nonce}`);
    if (takeover === undefined) return undefined;
    if (readHolder(path)?.nonce === holder.nonce) rmSync(path, { force: true });
  }
}

/** The pid in a lock file, for messages. */
export function lockHolder(path: string): number | undefined {
  return readHolder(path)?.pid;
}

function createLock(path: string): Disposable | undefined {
  const holder: Holder = {
    ...identifyProcess(process.pid),
    host: hostname(),
    nonce: randomBytes(8).toString('hex'),
  };
  // Written aside and linked, so that no reader ever meets a lock without its content.
  const draft = `${path}.draft-${holder.nonce}`;
  try {
    writeFileSync(draft, JSON.stringify(holder));
    linkSync(draft, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    [Symbol.dispose]() {
      if (readHolder(path)?.nonce === holder.nonce) rmSync(path, { force: true });
    },
  };
}

function isHeld(holder: Holder): boolean {
  return holder.host !== hostname() || isRunning(holder);
}

/** Undefined when there is no lock. A lock that cannot be read (a power cut) is one of a process that has ended. */
function readHolder(path: string): Holder | undefined {
  try {
    const holder: Partial<Holder> = JSON.parse(readFileSync(path, 'utf8'));
    const { pid = 0, startedAt = null, host = hostname(), nonce = 'unreadable' } = holder;
    return pid > 0 ? { pid, startedAt, host, nonce } : unreadable();
  } catch (error) {
    if (error instanceof SyntaxError) return unreadable();
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function unreadable(): Holder {
  return { pid: 2 ** 30, startedAt: null, host: hostname(), nonce: 'unreadable' };
}
