import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineJob, MemoryLedger, memorySource, runJob } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { writeRunReport } from './run-report-file.ts';

const job = defineJob({
  name: 'bake',
  summary: 'Bakes a loaf.',
  scope: z.object({}),
  async run(ctx) {
    await ctx.each(memorySource(['loaf']), async () => {});
  },
});

function setup() {
  const path = mkdtempSync(join(tmpdir(), 'stint-reports-'));
  const ledger = new MemoryLedger();
  const said: string[] = [];
  return {
    path,
    said,
    report: async (directory = path) => {
      const summary = await runJob(job, { ledger });
      return {
        runId: summary.runId,
        file: await writeRunReport({ summary, ledger, directory, say: (line) => said.push(line) }),
      };
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

describe('the file of a report', () => {
  it('is named by its run, and told as seen from here', async () => {
    using world = setup();
    const { runId, file } = await world.report();
    expect(file).to.match(new RegExp(`${runId}\\.html$`));
    expect(readFileSync(file!, 'utf8')).to.match(/^<!doctype html>\n.*bake succeeded.*<\/html>\n$/s);
    expect(readdirSync(world.path)).to.deep.equal([`${runId}.html`]);
  });

  it('takes the place of the oldest where there are 50, and of nothing else', async () => {
    using world = setup();
    const old = Array.from(
      { length: 60 },
      (_, index) => `01M856K8D0KCDFSK7YZY5V9${String(index).padStart(3, '0')}.html`,
    );
    for (const name of [...old, 'mine.html']) writeFileSync(join(world.path, name), '');
    const { runId } = await world.report();
    expect(readdirSync(world.path).sort()).to.deep.equal([...old.slice(11), `${runId}.html`, 'mine.html'].sort());
  });

  it('is not there when it cannot be written, which is said and fails nothing', async () => {
    using world = setup();
    writeFileSync(join(world.path, 'taken'), '');
    const { file } = await world.report(join(world.path, 'taken'));
    expect(file).to.equal(undefined);
    expect(world.said).to.have.length(1);
    expect(world.said[0]).to.match(/^no report was written: EEXIST/);
  });
});
