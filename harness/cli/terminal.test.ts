/** Commands in a real pseudo-terminal: what a person sees while they go on, and what is left when they have ended. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Screen } from '../testing/screen.ts';
import { startInTerminal, type TerminalOptions } from '../testing/terminal.ts';

const stint = (args: readonly string[], options?: TerminalOptions) =>
  startInTerminal('harness/cli/main.ts', args, options);
const demo = ['run', 'poll-payment-status', '--fixture', 'demo'] as const;
const ctrlC = '\u0003';
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one.
const colour = /\u001b\[[\d;]*m/;

function expectLeftInOrder({ lines, isCursorShown, isWrapping }: Screen): void {
  expect({ isCursorShown, isWrapping }).to.deep.equal({ isCursorShown: true, isWrapping: true });
  expect(lines.filter((line) => /█|░|\d left|[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(line))).to.deep.equal([]);
  expect(lines.at(-1)).to.equal('');
}

describe('stint, in a terminal', () => {
  it('moves a line while stores start and a run goes on, and leaves its summary alone after Ctrl-C', async () => {
    await using terminal = stint(demo);
    await terminal.shows(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] PostgreSQL and DynamoDB/);
    await terminal.shows(/^░*█+░* \d[\d,]*\/2,400 {2}[\d.]+\/s {2}.* left {2}ok \d+/m);
    expect(terminal.screen.isCursorShown).to.equal(false);
    terminal.type(ctrlC);
    expect(await terminal.ended).to.equal(130);
    expectLeftInOrder(terminal.screen);
    const shown = terminal.screen.lines.join('\n');
    expect(shown)
      .to.include('finishing what is in flight')
      .and.to.match(/^interrupted {2}poll-payment-status/m);
    expect(shown).not.to.include('^C');
    expect(terminal.written).to.match(colour);
  });

  it('shows the cursor again when a second Ctrl-C ends it at once', async () => {
    await using terminal = stint(demo);
    await terminal.shows(/\/2,400 {2}/);
    terminal.type(ctrlC);
    terminal.type(ctrlC);
    expect(await terminal.ended).to.equal(130);
    expectLeftInOrder({ ...terminal.screen, lines: [...terminal.screen.lines, ''] });
  });

  it('keeps to a narrow one, and leaves colours out for NO_COLOR', async () => {
    await using terminal = stint(demo, { columns: 20, env: { NO_COLOR: '1' } });
    await terminal.shows(/\/2,400 {2}/);
    const line = terminal.screen.lines.find((each) => each.includes('/2,400  '));
    expect(line).to.match(/^\d[\d,]*\/2,400 {2}[\d.]+\/s/);
    expect(terminal.screen.lines.at(-1)).to.equal(line);
    terminal.type(ctrlC);
    expect(await terminal.ended).to.equal(130);
    expectLeftInOrder(terminal.screen);
    expect(terminal.written).not.to.match(colour);
  });

  it('only writes lines where the cursor cannot be moved', async () => {
    const args = ['replay', 'publish-cities/happy'];
    await using terminal = stint(args, { env: { TERM: 'dumb' } });
    expect(await terminal.ended).to.equal(0);
    expect(terminal.written).not.to.include('\u001b');
    expect(terminal.screen.lines[0]).to.match(/^\d\d:\d\d:\d\d replaying publish-cities\/happy/);
  });

  it('counts the cases of a replay and the points of a sweep', async () => {
    await using replay = stint(['replay', ...Array.from({ length: 4 }, () => 'publish-cities/happy')]);
    await replay.shows(/ [1-3]\/4 cases {2}[\d.]+\/s {2}.* left {2}0 red/);
    expect(await replay.ended).to.equal(0);
    expectLeftInOrder(replay.screen);
    const happy = ['sweep', 'poll-payment-status', '--fixture', 'happy', '--kind', 'crash', '--points', '6'];
    await using sweep = stint(happy);
    await sweep.shows(/ [1-6]\/6 points {2}[\d.]+\/s {2}.* left {2}0 red/);
    expect(await sweep.ended).to.equal(0);
    expectLeftInOrder(sweep.screen);
    expect(sweep.screen.lines.join('\n')).to.match(/^proved {2}poll-payment-status\/happy/m);
  });
});
