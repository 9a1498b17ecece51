/** The Chromium of this machine: none is downloaded. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { EnvironmentValues } from '@stint/sdk';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
/** Where macOS has them. */
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * That of CHROMIUM_PATH, else the first one on the PATH; undefined: there is none.
 * @throws Error when CHROMIUM_PATH names none: whoever set it wants it used
 */
export function findChromium({ CHROMIUM_PATH: named, PATH = '' }: EnvironmentValues): string | undefined {
  if (named) {
    if (canRun(named)) return named;
    throw new Error(
      `expected CHROMIUM_PATH to name a program, got ${JSON.stringify(named)}; correct it or leave it out`,
    );
  }
  const onPath = PATH.split(delimiter).flatMap((directory) => names.map((name) => join(directory, name)));
  return [...onPath, ...applications].find(canRun);
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
