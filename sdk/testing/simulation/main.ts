/**
 * The simulation from the command line: `npm run simulate -- --seeds 20000 [--from 1]`, or `--seed N` to replay one.
 *
 * Ends with 1 when a seed has failed.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const everyMs = 5_000;
const { values } = parseArgs({
  options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`expected --${name} to be a whole number, got "${text}"`);
  process.exit(64);
}

if (values.seed !== undefined) {
  const { violation, lines, digest, events } = await simulate(wholeNumber('seed', values.seed), true);
  console.log(lines.join('\n'));
  console.log(`${events} events, digest ${digest}`);
  console.log(violation === undefined ? 'nothing was violated' : `VIOLATION ${violation}`);
  process.exitCode = violation === undefined ? 0 : 1;
} else {
  const from = wholeNumber('from', values.from ?? '1');
  const seeds = wholeNumber('seeds', values.seeds ?? '1000');
  const startedMs = performance.now();
  let failed = 0;
  let events = 0;
  let toldMs = startedMs;
  for (let seed = from; seed < from + seeds; seed++) {
    const simulated = await simulate(seed);
    events += simulated.events;
    if (simulated.violation !== undefined) {
      failed += 1;
      console.log(`seed ${seed}: ${simulated.violation}\n${simulated.lines.join('\n')}`);
      console.log(`replay it: npm run simulate -- --seed ${seed}\n`);
    }
    if (performance.now() - toldMs > everyMs) {
      toldMs = performance.now();
      console.error(`${seed - from + 1} of ${seeds} seeds, ${failed} failed`);
    }
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  console.log(`${seeds} seeds from ${from}, ${events} events, ${failed} failed, in ${seconds.toFixed(1)} s`);
  process.exitCode = failed === 0 ? 0 : 1;
}
