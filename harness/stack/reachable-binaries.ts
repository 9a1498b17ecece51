/**
 * Puts a copy of the PostgreSQL binaries (about 60 MB, once) where PostgreSQL's account can run them, when it cannot
 * get to node_modules: a checkout below a /root with mode 0700.
 */
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, canReach } from './account.ts';
import { binariesIn, type PostgresBinaries } from './postgres-binaries.ts';

/** The binaries themselves when the account can reach them, else a copy below `baseDirectory`. */
export function reachableBinaries(
  binaries: PostgresBinaries,
  account: Account | undefined,
  baseDirectory: string,
  onStatus: (line: string) => void,
): PostgresBinaries {
  if (account === undefined || canReach(account, binaries.root)) return binaries;
  const root = join(baseDirectory, `postgres-${binaries.major}`);
  if (!existsSync(root)) {
    onStatus(`the account ${account.name} cannot reach ${binaries.root}; copying PostgreSQL to ${root}`);
    copyWhole(binaries.root, root);
  }
  return { ...binaries, root, ...binariesIn(root) };
}

/** Under its name the copy is whole or absent. */
function copyWhole(from: string, to: string): void {
  const draft = mkdtempSync(`${to}-draft-`);
  try {
    cpSync(from, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    renameSync(join(draft, 'native'), to);
  } catch (error) {
    // Another process was first.
    if (!existsSync(to)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
