/** CI for the users of this repository runs what anybody runs by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from './repository.ts';

const readText = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');

describe('the workflow of CI', () => {
  const workflow = readText('.github/workflows/ci.yml');
  const commands = [...workflow.matchAll(/^\s*- run: (.*)$/gm)].map(([, command = '']) => command);
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Readonly<Record<string, string>> };

  it('runs npm scripts that there are, and nothing of its own', () => {
    expect(commands.length).to.equal(workflow.match(/\brun:/g)?.length);
    for (const command of commands.filter((each) => each !== 'npm ci')) {
      const [, script = ''] = /^npm run ([\w:]+)$/.exec(command) ?? [];
      expect(scripts, command).to.have.property(script);
    }
  });

  it('checks, sweeps, tests in containers, packages, builds the image and rehearses it', () => {
    const all = ['check', 'sweep', 'test:containers', 'qa', 'package', 'image', 'test:image', 'rehearse'];
    expect(commands).to.include.members(all.map((script) => `npm run ${script}`));
  });
});
