/**
 * Turns what a full or closed disk does, to us or to a server, into one clear error.
 * Other errors pass unchanged.
 */
import { StackError } from './stack-error.ts';

const full = new Set(['ENOSPC', 'EDQUOT']);
const closed = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'EEXIST', 'ELOOP', 'ENAMETOOLONG']);

/** The error of a failed file operation below `directory`, as a StackError where the disk is to blame. */
export function describeDiskError(error: unknown, directory: string): unknown {
  if (error instanceof StackError || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (full.has(code)) return diskFull(directory, error);
  if (!('syscall' in error) || !closed.has(code)) return error;
  return new StackError(
    'STINT_STACK_DIRECTORY',
    `expected a directory that can be written for the stack's data, got ${code} at ${directory} (${error.message}); ` +
      'make it writable or name another directory',
    { cause: error },
  );
}

/** Whether a server's or a tool's output says that the disk is full. */
export function tellsOfFullDisk(output: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(output);
}

export function diskFull(directory: string, cause?: unknown): StackError {
  return new StackError(
    'STINT_STACK_DISK_FULL',
    `expected room for the stack's data (about 100 MB), got a full disk at ${directory}; free some space or name another directory`,
    { cause },
  );
}
