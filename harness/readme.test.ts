/** The README is held to its word: what it shows compiles, and every command in it is run, here or by `.ci/run`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from './repository.ts';
import { startProgram } from './testing/program.ts';

const readText = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const readme = readText('README.md');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block);
const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));
const stintCommands = commands.filter((command) => command.startsWith('npx stint '));

describe('the README', () => {
  it('has at most 250 lines', () => {
    expect(readme.split('\n').length).to.be.at.most(250);
  });

  it('shows a smallest job that is type-checked', () => {
    expect(blocks('ts')).to.include(readText('harness/testing/smallest-job.ts'));
  });

  it('shows no command that is run neither here nor by .ci/run', () => {
    const ci = readText('.ci/run');
    const others = commands.filter((command) => !stintCommands.includes(command)).flatMap((line) => line.split(' && '));
    for (const command of others) expect(ci, command).to.include(command);
  });

  it('names only commands that there are', async () => {
    await using program = startProgram('harness/cli/main.ts', ['--help']);
    const { stdout } = await program.ended;
    const named = new Set([...readme.matchAll(/npx stint ([a-z]+)/g)].map(([, name]) => name));
    expect(named.size).to.be.at.least(7);
    for (const name of named) expect(stdout).to.match(new RegExp(`^  ${name} `, 'm'));
  });

  for (const command of stintCommands) {
    it(`shows \`${command}\`, which succeeds`, async () => {
      await using program = startProgram('harness/cli/main.ts', command.split(' ').slice(2));
      const { code, stdout } = await program.ended;
      expect(code, stdout).to.equal(0);
    }).timeout(60_000);
  }
});
