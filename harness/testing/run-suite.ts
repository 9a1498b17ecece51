/**
 * `npm test`: the suite in two parts, with the arguments of mocha that it is given.
 *
 * What kills processes and lets leases run out comes by itself, after all else: it uses the whole machine, and a lease of three
 * seconds is not to be lost because another test does, too.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { compileCache } from '../compile-cache.ts';
import { repositoryRoot } from '../repository.ts';

const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const others = process.argv.slice(2);
const parts = [
  ['--parallel', '--jobs', '3', '--ignore', 'harness/faults/**', '{sdk,jobs,harness,deploy}/**/*.test.ts'],
  ['harness/faults/*.test.ts'],
];

let code = 0;
for (const part of parts) {
  const { status } = spawnSync(process.execPath, [mocha, ...part, ...others], {
    cwd: repositoryRoot,
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    stdio: 'inherit',
  });
  // Ended by a signal, as by Ctrl-C: the other part is not wanted any more.
  if (status === null) process.exit(1);
  if (code === 0) code = status;
}
process.exitCode = code;
