/**
 * One folder for each stack that runs at the same time: `stack-1` for kept data, `stack-2` and on for the rest, so
 * that a run without `keep` never touches kept data. A slot is free again when its process has ended.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder, takeLock } from './lock-file.ts';
import { StackError } from './stack-error.ts';

export interface Slot extends Disposable {
  readonly directory: string;
}

const mostSlots = 256;

/** The slot of kept data. */
export function keptSlotDirectory(baseDirectory: string): string {
  return join(baseDirectory, 'stack-1');
}

/** The lock of whoever has the slot. */
export function slotLock(slotDirectory: string): string {
  return join(slotDirectory, 'lock');
}

/** @throws StackError `STINT_STACK_BUSY` when kept data is in use, or all slots are. */
export function claimSlot(baseDirectory: string, keep: boolean): Slot {
  const [first, last] = keep ? [1, 1] : [2, mostSlots];
  for (let number = first; number <= last; number += 1) {
    const directory = join(baseDirectory, `stack-${number}`);
    mkdirSync(directory, { recursive: true });
    const lock = takeLock(slotLock(directory));
    if (lock !== undefined) return { directory, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  }
  if (!keep)
    throw new StackError('STINT_STACK_BUSY', `expected at most ${mostSlots} stacks in ${baseDirectory}; dispose some`);
  const kept = keptSlotDirectory(baseDirectory);
  const holder = lockHolder(slotLock(kept));
  throw new StackError(
    'STINT_STACK_BUSY',
    `expected the kept data in ${kept} to be free, got a lock of process ${holder ?? 'unknown'}; ` +
      'end that process, attach to its stack, or start without keep',
  );
}
