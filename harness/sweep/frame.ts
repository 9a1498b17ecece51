/** Where in a job's code an effect was asked for. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../repository.ts';

// Of what stands between the door and a job.
const between = /\/(node_modules|sdk)\/|node:|<anonymous>|harness\/(sweep\/[a-z-]+\.ts|time\/|harness)/;
const place = /\(?((?:file:\/\/)?\/[^()]+?):(\d+):\d+\)?$/;
const frames = 60;

/** `jobs/refund/job.ts:41`, of the innermost frame that is neither the SDK's nor the sweep's; undefined: there is none. */
export function frameOfJob(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = frames;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = stackTraceLimit;
  for (const line of stack.split('\n').slice(1)) {
    const found = place.exec(line);
    if (found === null || between.test(line)) continue;
    const [, file = '', number = ''] = found;
    return `${relative(repositoryRoot, file.startsWith('file:') ? fileURLToPath(file) : file)}:${number}`;
  }
  return undefined;
}
