import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Program } from '../harness/testing/program.ts';
import { openAdminWorld } from './admin/testing/admin-world.ts';
import { openTaskWorld } from './testing/task-world.ts';

const job = 'poll-payment-status';
// So slow that the run is going on after ten seconds.
const latencyMs = 600;
const scope = { tenantId: 't-2' };

async function progressOf(program: Program): Promise<Readonly<Record<string, unknown>>> {
  await program.writes('"msg":"progress"');
  const line = program.stdout.split('\n').find((each) => each.includes('"msg":"progress"')) ?? '';
  return JSON.parse(line);
}

/** Of the one run of a program. */
function expectProgress(line: Readonly<Record<string, unknown>>, runId: unknown): void {
  expect(line).to.include({ level: 'info', job, run: runId, attempt: 1 });
  expect(line).to.include.all.keys(
    'time',
    'total',
    'settled',
    'succeeded',
    'skipped',
    'failed',
    'itemsPerSecond',
    'leftMs',
  );
  expect(line.settled).to.be.above(0);
}

describe('a run that nobody sees', function progressTests() {
  this.timeout(40_000);

  it('tells every ten seconds how far it is, in the log of a task', async () => {
    await using world = await openTaskWorld(`${job}/demo`, latencyMs);
    await using program = world.start({ STINT_SCOPE: JSON.stringify(scope) });
    const line = await progressOf(program);
    const [started] = program.stdout.split('\n');
    expectProgress(line, JSON.parse(started ?? '').run);
  });

  it('tells it in the log of the admin that started it', async () => {
    await using world = await openAdminWorld({ latencyMs });
    await using program = await world.start();
    const { json } = await program.post(`/admin/${job}`, { scope }, { prefer: 'respond-async' });
    expect(json).to.include.all.keys('runId');
    expectProgress(await progressOf(program), json.runId);
  });
});
