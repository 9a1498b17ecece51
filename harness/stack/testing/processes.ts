/** What runs for a stack, seen from outside: its owner in a process of its own, and that process's children. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StackAddress } from '../attach-stack.ts';
import { identifyProcess, type ProcessIdentity } from '../process-identity.ts';

export interface StackOwner {
  readonly process: ChildProcess;
  readonly address: StackAddress;
  readonly postgres: ProcessIdentity;
  readonly dynalite: ProcessIdentity;
}

const program = fileURLToPath(new URL('stack-owner.ts', import.meta.url));

/** Starts a process that owns a stack, and waits until the stack is up. */
export async function startStackOwner(directory: string, keep = false): Promise<StackOwner> {
  const child = fork(program, [directory, String(keep)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [address] = await once(child, 'message');
  const children = childrenOf(child.pid ?? 0);
  return { process: child, address, postgres: find(children, 'postgres'), dynalite: find(children, 'dynalite-server') };
}

export function childrenOf(parent: number): Map<number, string> {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).trim().split('\n');
  const children = new Map<number, string>();
  for (const line of lines) {
    const [, pid, ppid, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (Number(ppid) === parent && !command.startsWith('ps ')) children.set(Number(pid), command);
  }
  return children;
}

function find(children: Map<number, string>, word: string): ProcessIdentity {
  for (const [pid, command] of children) if (command.includes(word)) return identifyProcess(pid);
  throw new Error(`expected a child ${word}, got ${[...children.values()].join(', ')}`);
}
