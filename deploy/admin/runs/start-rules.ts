/** What holds for runs that are started here, besides what holds for all. */
import { canonicalJson, type Job, type Json, type Overlap } from '@stint/sdk';

/** Nothing in it narrows a run. */
export function isEverything(scope: Json): boolean {
  const narrows = (value: Json | undefined): boolean =>
    value !== null && value !== undefined && value !== '' && !['{}', '[]'].includes(canonicalJson(value));
  return typeof scope !== 'object' || scope === null || !Object.values(scope).some(narrows);
}

/** Whoever clicks wants an answer, and no run that somebody else waits for ended: what waits or cancels when scheduled is refused here. */
export function overlapHere({ schedule }: Job): Overlap {
  return schedule?.overlap === 'allow' ? 'allow' : 'skip';
}
