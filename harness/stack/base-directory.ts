/**
 * Where slots lie: the directory that was asked for, or one below the system's temporary folder when PostgreSQL's
 * account cannot get to it (a checkout below a /root with mode 0700). Which one it is depends on the directory alone,
 * so that a later start finds kept data and orphans again.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Account, canReach } from './account.ts';
import { describeDiskError } from './disk-error.ts';
import { StackError } from './stack-error.ts';

/** @throws StackError `STINT_STACK_DIRECTORY`, `STINT_STACK_DISK_FULL` */
export function openBaseDirectory(
  directory: string,
  account: Account | undefined,
  onStatus: (line: string) => void,
): string {
  const asked = resolve(directory);
  makeWritable(asked);
  if (account === undefined || canReach(account, asked)) return asked;

  const other = join(tmpdir(), `stint-${createHash('sha256').update(asked).digest('hex').slice(0, 12)}`);
  makeWritable(other);
  // The name can be guessed and the folder is shared: someone else may have made it first.
  if (lstatSync(other).uid !== 0 || !canReach(account, other)) {
    throw new StackError(
      'STINT_STACK_DIRECTORY',
      `expected a data directory that the account ${account.name} can reach, got ${asked} and ${other}, which it cannot; ` +
        'name another directory',
    );
  }
  onStatus(`the account ${account.name} cannot reach ${asked}; data goes to ${other}`);
  return other;
}

function makeWritable(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw describeDiskError(error, directory);
  }
}
