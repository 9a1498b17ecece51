/** A copy of this repository in which jobs can be made and checked by its own tools, as a person would. */
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../repository.ts';
import { type Ended, runProgram } from '../../testing/program.ts';
import { copyRepository } from '../../testing/repository-copy.ts';

export interface NewJobWorld extends Disposable {
  readonly root: string;
  readonly read: (path: string) => string;
  /** Runs the copy's command line; its input is no terminal. */
  readonly stint: (...args: readonly string[]) => Promise<Ended>;
  /** Runs a tool of node_modules/.bin in the copy: its exit code and all it wrote. */
  readonly tool: (
    name: string,
    ...args: readonly string[]
  ) => Promise<{ readonly code: number; readonly output: string }>;
}

export function openNewJobWorld(): NewJobWorld {
  const copy = copyRepository();
  for (const name of ['tsconfig.json', '.mocharc.json']) cpSync(join(repositoryRoot, name), join(copy.path, name));
  // The copy is no git repository; all else is as it is here.
  const { vcs: _, ...rules } = JSON.parse(readFileSync(join(repositoryRoot, 'biome.json'), 'utf8'));
  writeFileSync(join(copy.path, 'biome.json'), `${JSON.stringify(rules, null, 2)}\n`);
  return {
    root: copy.path,
    read: (path) => readFileSync(join(copy.path, path), 'utf8'),
    stint: (...args) => runProgram('harness/cli/main.ts', args, { root: copy.path }),
    async tool(name, ...args) {
      const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
      const path = join(copy.path, 'node_modules/.bin', name);
      const child = execFile(process.execPath, [path, ...args], { cwd: copy.path }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
      );
      return await promise;
    },
    [Symbol.dispose]: () => copy[Symbol.dispose](),
  };
}
