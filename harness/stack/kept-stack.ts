/**
 * The kept stack: the one whose data the next start finds again. Started when it does not run, else visited.
 *
 * Guarantees: two processes that open it at the same time work on the same servers; the one that started them ends them
 * when the other has left too. Does not guarantee that they outlive a holder that is killed: guests then lose them, and
 * the next start recovers the data.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findServerAccount } from './account.ts';
import { openBaseDirectory } from './base-directory.ts';
import { type EmbeddedStackOptions, startEmbeddedStack } from './embedded-stack.ts';
import { visitStack } from './kept-address.ts';
import { keptSlotDirectory } from './slot.ts';
import type { Stack } from './stack.ts';
import { StackError } from './stack-error.ts';

/** As long as a holder may take to start. */
const patienceMs = 30_000;
const askAgainMs = 100;

/** @throws StackError, see `StackErrorCode`; `STINT_STACK_BUSY` when its holder lets nobody in */
export async function openKeptStack(options: Omit<EmbeddedStackOptions, 'keep'>): Promise<Stack> {
  const { directory, signal } = options;
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await startEmbeddedStack({ ...options, keep: true });
    } catch (error) {
      if (!(error instanceof StackError && error.code === 'STINT_STACK_BUSY')) throw error;
      const visited = await visitStack(slotOf(directory));
      if (visited !== undefined) return visited;
      if (performance.now() > deadlineMs) throw error;
    }
    await sleep(askAgainMs, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Whether anything was kept so far. */
export function hasKeptData(directory: string): boolean {
  return existsSync(directory) && existsSync(join(slotOf(directory), 'postgres'));
}

function slotOf(directory: string): string {
  return keptSlotDirectory(openBaseDirectory(directory, findServerAccount(), () => undefined));
}
