/** What a process takes of the machine, by what Linux tells of it; undefined elsewhere. */
import { readFileSync } from 'node:fs';

export interface Usage {
  /** Processor time so far. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

const msPerTick = 10;

export function usageOf(pid: number): Usage | undefined {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) /);
    const [, , , , , , , , , , , user, system] = fields.split(' ').map(Number);
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return { cpuMs: ((user ?? 0) + (system ?? 0)) * msPerTick, residentBytes: Number(kilobytes) * 1_024 };
  } catch {
    return undefined;
  }
}
