import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { takeLock } from './lock-file.ts';
import { makeScratch } from './testing/scratch.ts';

const taker = fileURLToPath(new URL('testing/lock-taker.ts', import.meta.url));

describe('takeLock', () => {
  it('has one holder at a time', () => {
    using scratch = makeScratch();
    const path = join(scratch.path, 'lock');
    {
      using lock = takeLock(path);
      expect(lock).not.to.equal(undefined);
      expect(takeLock(path)).to.equal(undefined);
    }
    using again = takeLock(path);
    expect(again).not.to.equal(undefined);
  });

  const stale: Record<string, (lock: { startedAt: string | null }) => string> = {
    'a process that has ended': (lock) => JSON.stringify({ ...lock, pid: 2 ** 22 + 1, nonce: 'old' }),
    'an earlier process with the same pid': (lock) => JSON.stringify({ ...lock, startedAt: '1', nonce: 'old' }),
    'a power cut': () => '',
  };
  for (const [name, content] of Object.entries(stale)) {
    it(`takes over the lock of ${name}`, function () {
      using scratch = makeScratch();
      const path = join(scratch.path, 'lock');
      {
        using _lock = takeLock(path);
        const holder = JSON.parse(readFileSync(path, 'utf8'));
        if (name.includes('same pid') && holder.startedAt === null) return this.skip();
        writeFileSync(path, content(holder));
      }
      using lock = takeLock(path);
      expect(lock).not.to.equal(undefined);
      expect(readdirSync(scratch.path)).to.deep.equal(['lock']);
    });
  }

  it('lets exactly one of many processes take over a stale lock', async () => {
    using scratch = makeScratch();
    const takers = Array.from({ length: 4 }, () =>
      fork(taker, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
    await Promise.all(takers.map((child) => once(child, 'message')));
    for (let round = 0; round < 50; round += 1) {
      const path = join(scratch.path, `lock-${round}`);
      writeFileSync(path, '');
      const answers = takers.map((child) => once(child, 'message'));
      for (const child of takers) child.send(path);
      const taken = (await Promise.all(answers)).filter(([got]) => got === true);
      // A taker may find the winner's takeover under way and turn away; never may two win.
      expect(taken.length, `round ${round}`).to.equal(1);
    }
    for (const child of takers) child.disconnect();
  });
});
