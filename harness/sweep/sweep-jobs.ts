/**
 * `npm run sweep`: proves every job of the registry on its case `sweep`, by the command that a person would use, `npx stint sweep`: all
 * points of all kinds in this process, with the ledger in each store, and a sample of crashes with SIGKILL.
 * One process a sweep, as many at once as there are cores; further arguments go to each. `--quick`: in DynamoDB 30 points of each kind only.
 *
 * Prints what each has proved, its report when something was found, and ends with 1 then.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { jobs } from '@stint/jobs/registry';
import { repositoryRoot } from '../repository.ts';

const command = join(repositoryRoot, 'harness', 'cli', 'main.ts');
const startedMs = performance.now();
const quick = process.argv.includes('--quick');
const further = process.argv.slice(2).filter((argument) => argument !== '--quick');
// Those that take longest first: at the end no core waits for one.
const ways = [
  ['--kind', 'all', '--points', 'all', '--ledger', 'postgres'],
  ['--kind', 'all', '--points', quick ? '30' : 'all', '--ledger', 'dynamodb'],
  ['--kind', 'crash', '--points', '20', '--mode', 'process'],
];
const queue = ways.flatMap((way) => jobs.map(({ name }) => [name, '--fixture', 'sweep', ...way]));
let failed = 0;

await Promise.all(Array.from({ length: availableParallelism() }, work));
const total = `${((performance.now() - startedMs) / 1_000).toFixed(0)} s`;
process.stdout.write(failed === 0 ? `all proved, in ${total}\n` : `${failed} not proved, in ${total}\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const child = spawn(process.execPath, [command, 'sweep', ...next, ...further], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    const isProved = child.exitCode === 0;
    if (!isProved) failed += 1;
    const [headline, , tried] = out.split('\n');
    process.stdout.write(isProved ? `${headline}\n${tried}\n` : `${err}\n${out}\n`);
  }
}
