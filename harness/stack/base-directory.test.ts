import { chmodSync, cpSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { canReach, findServerAccount } from './account.ts';
import { openBaseDirectory } from './base-directory.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { reachableBinaries } from './reachable-binaries.ts';
import { runTool } from './run-tool.ts';
import { makeScratch } from './testing/scratch.ts';

describe('as root, below a folder that only root can pass', () => {
  const account = findServerAccount();

  it('puts data below the temporary folder, and says so', function () {
    if (account === undefined) return this.skip();
    using scratch = makeScratch();
    chmodSync(scratch.path, 0o700);
    const lines: string[] = [];
    const directory = join(scratch.path, 'repo', '.stint');
    const base = openBaseDirectory(directory, account, (line) => lines.push(line));
    try {
      expect(canReach(account, base)).to.equal(true);
      expect(statSync(base).uid).to.equal(0);
      expect(lines).to.deep.equal([`the account ${account.name} cannot reach ${directory}; data goes to ${base}`]);
      expect(openBaseDirectory(directory, account, () => undefined)).to.equal(base);
    } finally {
      rmSync(base, { recursive: true });
    }
  });

  it('runs a copy of the binaries', async function () {
    if (account === undefined) return this.skip();
    using scratch = makeScratch();
    const [hidden, base] = [join(scratch.path, 'hidden'), join(scratch.path, 'base')];
    for (const [folder, mode] of [
      [hidden, 0o700],
      [base, 0o755],
    ] as const)
      mkdirSync(folder, { mode });
    const found = await findPostgresBinaries();
    cpSync(found.root, join(hidden, 'native'), { recursive: true, verbatimSymlinks: true });
    const lines: string[] = [];
    const binaries = { ...found, root: join(hidden, 'native') };
    const copy = reachableBinaries(binaries, account, base, (line) => lines.push(line));
    const { signal } = new AbortController();
    const { output } = await runTool(copy.postgres, ['--version'], { account, cwd: base, signal });
    expect(output).to.match(/^postgres \(PostgreSQL\) 18/);
    expect(lines).to.have.length(1);
    expect(reachableBinaries(binaries, account, base, (line) => lines.push(line))).to.deep.equal(copy);
    expect(lines).to.have.length(1);
  });
});
