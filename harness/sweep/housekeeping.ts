/** Effects that leave a store in order, rather than do a part of the job's work. */
import type { SeenEffect } from './gate.ts';

const operations: ReadonlySet<string> = new Set(['open', 'connect', 'close', 'rollback']);

export function isHousekeeping({ effect }: SeenEffect): boolean {
  return operations.has(effect.operation);
}
