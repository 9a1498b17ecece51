/** Pages that were asked for by `--html`: where they go is what was typed, so what is wrong with it is told as such. */
import { writeFileSync } from 'node:fs';
import { UsageError } from '@stint/sdk';

/** Said before what takes minutes, not after. @throws UsageError */
export function checkHtmlFile(file: string): void {
  write(file, '', 'a');
}

/** @throws UsageError */
export function writeHtmlFile(file: string, page: string): void {
  write(file, page, 'w');
}

function write(file: string, text: string, flag: 'a' | 'w'): void {
  try {
    writeFileSync(file, text, { flag });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'an error';
    throw new UsageError(`expected --html to name a file that can be written, got ${code} for "${file}"`);
  }
}
