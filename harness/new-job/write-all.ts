/**
 * Writes several files, all or none.
 *
 * Guarantees: no file that is there is overwritten but those that are named as changed, and these only if they still are
 * what was read; after an error everything is as it was before, folders too. Does not guarantee: anything when the
 * process is killed in between; then new files may be there that nothing refers to, since changes come last.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StintError } from '@stint/sdk';

export interface Change {
  readonly before: string;
  readonly after: string;
}

export interface Writes {
  /** Files that must not be there yet, by their paths below `root`. */
  readonly created: ReadonlyMap<string, string>;
  readonly changed: ReadonlyMap<string, Change>;
}

/** @throws StintError `STINT_NOTHING_WRITTEN` with the reason */
export function writeAll(root: string, { created, changed }: Writes): void {
  const undo: (() => void)[] = [];
  try {
    for (const [path, text] of created) create(join(root, path), text, undo);
    for (const [path, change] of changed) replace(join(root, path), change, undo);
  } catch (error) {
    for (const step of undo.toReversed()) step();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StintError('STINT_NOTHING_WRITTEN', `expected to write a new job, wrote nothing: ${reason}`, {
      cause: error,
    });
  }
}

function create(path: string, text: string, undo: (() => void)[]): void {
  const firstFolder = mkdirSync(dirname(path), { recursive: true });
  if (firstFolder !== undefined) undo.push(() => rmSync(firstFolder, { recursive: true, force: true }));
  // Fails when it is there: another process may have come first.
  writeFileSync(path, '', { flag: 'wx' });
  undo.push(() => rmSync(path, { force: true }));
  writeFileSync(path, text);
}

function replace(path: string, { before, after }: Change, undo: (() => void)[]): void {
  if (readFileSync(path, 'utf8') !== before) throw new Error(`${path} was changed meanwhile; start again`);
  const draft = `${path}.new`;
  undo.push(() => rmSync(draft, { force: true }));
  writeFileSync(draft, after, { flag: 'wx' });
  renameSync(draft, path);
  undo.push(() => writeFileSync(path, before));
}
