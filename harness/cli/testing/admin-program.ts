/** `stint admin` as a process, in a copy of the repository in which the stand-in is the admin's server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentValues } from '@stint/sdk';
import { identifyProcess, type ProcessIdentity, waitForEnd } from '../../stack/process-identity.ts';
import { childrenOf } from '../../stack/testing/processes.ts';
import type { Scratch } from '../../stack/testing/scratch.ts';
import { type Program, startProgram } from '../../testing/program.ts';
import { copyRepository } from '../../testing/repository-copy.ts';

export interface Ready {
  readonly url: string;
  readonly token: string | null;
}

export interface AdminProgram extends Program {
  /** What it says once it serves. */
  ready(): Promise<Ready>;
  /** What runs for it now. */
  children(): readonly ProcessIdentity[];
}

export function copyWithStandIn(): Scratch {
  const copy = copyRepository();
  const server = join(copy.path, 'deploy', 'admin', 'server.ts');
  mkdirSync(dirname(server), { recursive: true });
  writeFileSync(server, `import '../../harness/cli/testing/admin-stand-in.ts';\n`);
  return copy;
}

export function startAdmin(
  root: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): AdminProgram {
  const program = startProgram('harness/cli/main.ts', ['admin', '--json', ...args], {
    root,
    env: { USER: 'ada', ...env },
  });
  return Object.assign(Object.create(program), {
    async ready() {
      await program.writes('"token"');
      return JSON.parse(program.stdout);
    },
    children: () => [...childrenOf(program.process.pid ?? 0).keys()].map(identifyProcess),
  });
}

/** The environment of the server. */
export async function environmentOf({ url }: Ready): Promise<EnvironmentValues> {
  const answer = await fetch(url);
  return (await answer.json()) as EnvironmentValues;
}

/** Whether all of them have ended. */
export async function haveEnded(processes: readonly ProcessIdentity[]): Promise<boolean> {
  return (await Promise.all(processes.map((each) => waitForEnd(each, 10_000)))).every(Boolean);
}
