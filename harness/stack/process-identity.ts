/**
 * Names a process so that it is not mistaken for a later one with the same pid: the pid and, where there is a /proc,
 * the kernel's start time. Without a /proc (macOS) the pid alone decides. A zombie counts as ended: it holds nothing.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since boot, null where the system does not tell. */
  readonly startedAt: string | null;
}

export function identifyProcess(pid: number): ProcessIdentity {
  return { pid, startedAt: readStat(pid)?.startedAt ?? null };
}

export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  if (!answers(pid)) return false;
  const stat = readStat(pid);
  if (stat === undefined) return true;
  return stat.state !== 'Z' && (startedAt === null || stat.startedAt === startedAt);
}

/** Sends a signal if the very process still runs. Returns whether it was sent. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/** Waits until a process that need not be our child has ended. False when it has not within `timeoutMs`. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(identity)) {
    if (performance.now() > deadline) return false;
    // There is no event for the end of a process that is not our child.
    await sleep(10, undefined, { signal });
  }
  return true;
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readStat(pid: number): { state: string; startedAt: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in brackets and may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
