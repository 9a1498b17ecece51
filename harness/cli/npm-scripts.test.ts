import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../repository.ts';
import { identifyProcess, signalProcess, waitForEnd } from '../stack/process-identity.ts';
import { childrenOf } from '../stack/testing/processes.ts';
import { followChild } from '../testing/follow-child.ts';

/** What runs below a process: npm's shell, and what that runs. */
function descendantsOf(pid: number): readonly number[] {
  return [...childrenOf(pid).keys()].flatMap((child) => [child, ...descendantsOf(child)]);
}

describe('npm scripts', () => {
  it('hand on the SIGTERM that ends npm: their program would go on with nobody there', async () => {
    const args = ['run', 'stint', '--', 'fakes', 'sync-exchange-rates/demo'];
    const npm = spawn('npm', args, { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'] });
    const followed = followChild(npm);
    await followed.writes('RATES_API_URL=');
    const programs = descendantsOf(npm.pid ?? 0).map(identifyProcess);
    expect(programs).to.not.have.length(0);
    const ended = once(npm, 'exit');
    npm.kill('SIGTERM');
    await ended;
    const left = await Promise.all(programs.map((program) => waitForEnd(program, 5_000).then((isOver) => !isOver)));
    for (const program of programs) signalProcess(program, 'SIGKILL');
    expect(left).to.not.include(true);
  });
});
