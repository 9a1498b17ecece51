import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runProgram } from '../testing/program.ts';

const sweep = (...args: readonly string[]) => runProgram('harness/cli/main.ts', ['sweep', ...args]);
const happy = ['poll-payment-status', '--fixture', 'happy'] as const;

describe('stint sweep', () => {
  it('tells what was proved, and writes a page of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stint-sweep-page-'));
    try {
      const page = join(folder, 'sweep.html');
      const { code, stdout } = await sweep(...happy, '--points', '2', '--html', page);
      expect(code).to.equal(0);
      expect(stdout).to.match(/^proved {2}poll-payment-status\/happy {2}on the postgres ledger, in /);
      expect(stdout)
        .to.match(/tried +8 of \d+ points, seed 1\n/)
        .and.to.match(/crashes 2 of \d+\n/);
      expect(readFileSync(page, 'utf8')).to.contain('<h1>Proved: poll-payment-status/happy</h1>');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('puts one JSON document on stdout', async () => {
    const { code, stdout } = await sweep(...happy, '--kind', 'crash', '--point', 'crash:8:after', '--json');
    expect(code).to.equal(0);
    const report = JSON.parse(stdout);
    expect(report).to.include({ passed: true, tried: 1, lost: 0, sampled: true, ledger: 'postgres' });
    expect(report.trials[0].point).to.include({ id: 'crash:8:after', kind: 'crash', effect: 8 });
  });

  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a job that there is not', ['sync-stock'], /expected the name of a job, got "sync-stock"/],
    [
      'a case that there is not',
      ['poll-payment-status', '--fixture', 'nope'],
      /expected --fixture to be one of .*happy/,
    ],
    [
      'points that are no number',
      [...happy, '--points', 'many'],
      /expected --points to be a whole number .* got "many"/,
    ],
    ['a kind that there is not', [...happy, '--kind', 'flood'], /flood/],
    [
      'races in processes that are killed',
      [...happy, '--mode', 'process', '--kind', 'race'],
      /expected --mode process with --kind crash/,
    ],
    [
      'processes that die with a ledger in memory',
      [...happy, '--mode', 'process', '--ledger', 'memory'],
      /outlives a process/,
    ],
    [
      'a point that is none',
      [...happy, '--point', 'boom:1'],
      /expected the id of a point like crash:7:after, got "boom:1"/,
    ],
    [
      'a point that there is not',
      [...happy, '--point', 'crash:700:after'],
      /expected the id of a point, such as crash:1:before/,
    ],
    [
      'a page that cannot be written',
      [...happy, '--html', '/nowhere/sweep.html'],
      /expected --html to name a file .* ENOENT/,
    ],
  ];
  for (const [what, args, message] of wrong) {
    it(`refuses ${what}`, async () => {
      const { code, stdout, stderr } = await sweep(...args);
      expect(code).to.equal(64);
      expect(stdout).to.equal('');
      expect(stderr).to.match(message);
      expect(existsSync('/nowhere')).to.equal(false);
    });
  }
});
