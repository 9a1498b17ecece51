/**
 * Puts a recorded case into its folder, after it was replayed once.
 *
 * Guarantees: the folder is there whole or not at all, and a case that is there already is replaced only with `force`. What was
 * left half-made by a process that was killed lies in `.stint/`, where nothing looks for cases.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '@stint/sdk';
import { loadCase } from '../fixture/index.ts';
import { type Replay, replayCase } from '../replay/replay-case.ts';
import type { Stack } from '../stack/stack.ts';
import type { CaseTexts } from './recording.ts';

export interface KeepOptions {
  /** The case's folder: `fixtures/<job>/<case>`. */
  readonly directory: string;
  /** Beside which it is made, on the same file system. */
  readonly workDirectory: string;
  /** For the replay. */
  readonly stack: Stack;
  /** Replace a case that is there. @default false */
  readonly force?: boolean;
  /** Do not keep a case that a replay does not prove, without `force`. @default false */
  readonly onlyIfSame?: boolean;
  /** @default never aborts */
  readonly signal?: AbortSignal;
}

/** What a replay of the case gave: `difference` is undefined when it was the same. `error`: there was no replay. */
export type Proof = Pick<Replay, 'difference'> | { readonly error: unknown };

/** Whether the replay gave what was recorded. */
export function isSame(proof: Proof): boolean {
  return 'difference' in proof && proof.difference === undefined;
}

/** @throws UsageError when the case is there already */
export function refuseExisting(directory: string, force: boolean): void {
  if (force || !existsSync(directory)) return;
  throw new UsageError(
    `expected no case at ${directory}, but there is one; choose another name, or replace it with --force`,
  );
}

/** Replays the case, accepts what comes as its expectation, and moves it to its place. */
export async function keepCase(job: string, files: CaseTexts, options: KeepOptions): Promise<Proof> {
  const { directory, workDirectory, stack, force = false, onlyIfSame = false, signal } = options;
  refuseExisting(directory, force);
  await mkdir(workDirectory, { recursive: true });
  const work = await mkdtemp(join(workDirectory, 'recording-'));
  try {
    const made = join(work, job, directory.split(/[\\/]/).at(-1) ?? 'case');
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(made, path)), { recursive: true });
      await writeFile(join(made, path), text);
    }
    const proof = await prove(made, { stack, ...(signal && { signal }) });
    signal?.throwIfAborted();
    if (onlyIfSame && !force && !isSame(proof)) return proof;
    await mkdir(dirname(directory), { recursive: true });
    // Out of the way first: a folder cannot be renamed onto one that holds something.
    if (existsSync(directory)) await rename(directory, join(work, 'replaced'));
    await rename(made, directory);
    return proof;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function prove(directory: string, options: { stack: Stack; signal?: AbortSignal }): Promise<Proof> {
  try {
    const testCase = await loadCase(directory);
    const { difference } = await replayCase(testCase, options);
    // What contradicts the recording is accepted by nobody.
    if (difference === undefined) await replayCase(testCase, { ...options, update: true });
    return { difference };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { error };
  }
}
