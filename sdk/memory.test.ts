/** How much memory a run takes must not depend on how many rows it reads. A process each: memory is not given back. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Summary, summarySchema } from './summary.ts';
import { openPostgresWorld } from './testing/postgres-world.ts';

const script = fileURLToPath(new URL('testing/read-rows.ts', import.meta.url));
const allowedGrowthMb = 20;
// V8 lets its young generation grow with the rate of allocation, by some 85 MB, and a bare pg-cursor loop just as well.
// That says nothing of what a run holds, so it is kept small here, as it is in the image.
const smallYoungGeneration = '--max-semi-space-size=16';

async function readRows(rows: number): Promise<Summary> {
  await using world = await openPostgresWorld(
    `create table big_rows (id bigint primary key, tenant text, reference text, amount int, status text, created_at timestamptz)`,
  );
  await world.sql(
    `insert into big_rows select n, 't-' || n % 4, 'pay_' || n, n % 10000, 'pending', timestamptz '2026-01-01' + n * interval '1 second'
       from generate_series(1, $1::int) n`,
    [rows],
  );
  const { stdout } = await promisify(execFile)(process.execPath, [smallYoungGeneration, script, world.url]);
  return summarySchema.parse(JSON.parse(stdout));
}

describe('memory of a run', () => {
  it(`grows by no more than ${allowedGrowthMb} MB from 100,000 rows to 1,000,000, and holds two pages`, async () => {
    const few = await readRows(100_000);
    const many = await readRows(1_000_000);
    expect(few.items.succeeded).to.equal(100_000);
    expect(many.items.succeeded).to.equal(1_000_000);
    expect(many.memory.peakRssMb - few.memory.peakRssMb).to.be.at.most(allowedGrowthMb);
    expect(many.memory.peakPages).to.be.at.most(2);
    expect(many.memory.peakBuffered).to.be.at.most(2_000 + 16);
  }).timeout(120_000);
});
