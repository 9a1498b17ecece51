/** Our own image: the one that `npm run image` built last. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.ts';

/** @throws Error when there is none */
export function ownImage(): string {
  try {
    return readFileSync(join(repositoryRoot, '.stint/image'), 'utf8').trim();
  } catch (cause) {
    throw new Error('expected an image of this commit, got none; run: npm run image', { cause });
  }
}

/** How a task runs it: nothing to write on but /tmp, an init as its first process. */
export const asTask = ['--read-only', '--tmpfs=/tmp', '--init'] as const;
