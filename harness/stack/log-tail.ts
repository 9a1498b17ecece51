/** The last lines of a server's log, to quote in an error. A log that cannot be read is said to be empty. */
import { readFileSync } from 'node:fs';

/** @param lines @default 8 */
export function readLogTail(path: string, lines = 8): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') || '(the log is empty)';
  } catch {
    return '(the log is empty)';
  }
}
