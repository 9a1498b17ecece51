import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../repository.ts';
import { canReach, findServerAccount } from '../stack/account.ts';
import { runProgram } from '../testing/program.ts';
import { copyRepository } from '../testing/repository-copy.ts';

const run = (root: string, account?: ReturnType<typeof findServerAccount>) =>
  runProgram('harness/cli/main.ts', ['run', 'publish-cities', '--fixture', 'happy'], { root, account });

/** What it says beside the log. */
const complaintsOf = (stderr: string) => stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));

describe('stint run, where no stack can keep its data', () => {
  it('ends with 1 and one line when .stint is a file', async () => {
    using copy = copyRepository();
    writeFileSync(join(copy.path, '.stint'), '');
    const { code, stdout, stderr } = await run(copy.path);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(complaintsOf(stderr)).to.have.length(1);
    expect(stderr).to.match(
      /\nstint: expected a directory that can be written .* got EEXIST .* name another directory\n$/,
    );
  });

  it('ends with 1 and one line when .stint cannot be written', async function () {
    // Root may write everywhere; below root it is the account of the servers that starts it.
    const account = findServerAccount();
    if (account !== undefined && !canReach(account, repositoryRoot)) return this.skip();
    using copy = copyRepository();
    const directory = join(copy.path, '.stint');
    mkdirSync(directory);
    chmodSync(directory, 0o555);
    const { code, stdout, stderr } = await run(copy.path, account);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(complaintsOf(stderr)).to.have.length(1);
    expect(stderr).to.match(
      /\nstint: expected a directory that can be written .* got EACCES .* name another directory\n$/,
    );
  });
});
