import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startAdminServer } from './admin-server.ts';

const file = fileURLToPath(new URL('testing/admin-stand-in.ts', import.meta.url));

function setup(misbehaves = '') {
  const lines: string[] = [];
  const server = startAdminServer({
    file,
    environment: { PATH: process.env.PATH, PORT: '0', STINT_ADMIN_STAND_IN: misbehaves },
    onLine: (line) => lines.push(line),
    patienceMs: misbehaves === 'deaf' ? 50 : 30_000,
  });
  return { server, lines, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('startAdminServer', () => {
  it('tells where the server listens, and ends it with one signal', async () => {
    await using world = setup();
    expect(await world.server.listening).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    const ends = await Promise.all([world.server.stop('SIGINT'), world.server.stop('SIGTERM')]);
    expect(ends).to.deep.equal([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(world.lines.filter((line) => line.includes('told to end'))).to.have.length(1);
  });

  it('kills one that does not end in time', async () => {
    await using world = setup('deaf');
    await world.server.listening;
    expect(await world.server.stop('SIGTERM')).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('tells nothing of one that ended before it listened', async () => {
    await using world = setup('dies-at-once');
    expect(await world.server.listening).to.equal(undefined);
    expect(await world.server.ended).to.deep.equal({ code: 78, signal: null });
  });
});
