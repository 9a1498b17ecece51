import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../repository.ts';
import { startCommandInTerminal } from '../testing/terminal.ts';
import { until } from '../testing/until.ts';

const script = (command: string) => `. '${join(repositoryRoot, 'harness/images/moving')}'; ${command}`;
const ctrlC = '\u0003';

describe('harness/images/moving', () => {
  it('moves a line while a command goes on, gives its exit code, and leaves nothing', async () => {
    const command = script('moving "some image: from packages" bash -c "sleep 0.5; exit 7"; echo "ended with $?"');
    await using terminal = startCommandInTerminal(['bash', '-c', command], { columns: 20 });
    await terminal.shows(/^⠙ some image/m);
    expect(await terminal.ended).to.equal(0);
    expect(terminal.screen).to.deep.include({ lines: ['ended with 7', ''], isCursorShown: true });
  });

  it('ends the command and what it has started on Ctrl-C', async () => {
    const mark = `31${process.pid}`;
    await using terminal = startCommandInTerminal(['bash', '-c', script(`moving it bash -c "sleep ${mark} & wait"`)]);
    await terminal.shows(/^⠸ it/m);
    terminal.type(ctrlC);
    expect(await terminal.ended).to.equal(130);
    expect(terminal.screen.isCursorShown).to.equal(true);
    expect(terminal.screen.lines.join('')).to.equal('');
    const processes = () => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    await until('its end', () => !processes().includes(`sleep ${mark}`));
  });

  it('writes one line where there is no terminal', () => {
    const written = execFileSync('bash', ['-c', `${script('moving it echo done')} 2>&1`], { encoding: 'utf8' });
    expect(written).to.equal('it, about a minute\ndone\n');
  });
});
