/**
 * The benchmarks: `npm run bench [postgres|dynamodb|engine|ledger|report|harness|admin] [--quick]`. Prints ratios against baselines of the same run.
 *
 * Nothing here is asserted: a ratio is read by a person, on a machine that does nothing else meanwhile.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.ts';
import { startEmbeddedStack } from '../stack/embedded-stack.ts';
import { benchAdmin } from './admin.bench.ts';
import { benchDynamodb } from './dynamodb.bench.ts';
import { benchEngine } from './engine.bench.ts';
import { benchHarness } from './harness.bench.ts';
import { benchLedger } from './ledger.bench.ts';
import { benchPostgres } from './postgres.bench.ts';
import { benchReport } from './report.bench.ts';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const chosen = args.filter((arg) => !arg.startsWith('--'));
const wants = (name: string) => chosen.length === 0 || chosen.includes(name);
const turns = quick ? 1 : 5;
// Its ratios are near 1, and so are lost in a few.
const reportTurns = quick ? 1 : 4 * turns;

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, median of ${turns} turns (report: ${reportTurns})${quick ? ', quick' : ''}`,
);
await using stack = await startEmbeddedStack({ directory: join(repositoryRoot, '.stint') });
if (wants('engine')) await benchEngine({ items: quick ? 100_000 : 1_000_000, turns });
if (wants('postgres')) await benchPostgres(stack, { rows: quick ? 100_000 : 1_000_000, turns });
if (wants('ledger')) await benchLedger(stack, { rows: quick ? 100_000 : 1_000_000, turns });
if (wants('report')) await benchReport(stack, { items: 100_000, turns: reportTurns });
if (wants('dynamodb')) await benchDynamodb(stack, { items: quick ? 10_000 : 100_000, turns });
if (wants('harness')) await benchHarness({ turns: quick ? 1 : 3 });
if (wants('admin'))
  await benchAdmin(stack, quick ? { loadedMs: 5_000, aloneMs: 3_000 } : { loadedMs: 60_000, aloneMs: 20_000 });
