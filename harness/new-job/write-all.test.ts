import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeScratch } from '../stack/testing/scratch.ts';
import { writeAll } from './write-all.ts';

function setUp() {
  const scratch = makeScratch();
  const path = (name: string) => join(scratch.path, name);
  writeFileSync(path('registry.ts'), 'old');
  return {
    root: scratch.path,
    path,
    read: (name: string) => readFileSync(path(name), 'utf8'),
    all: () => (readdirSync(scratch.path, { recursive: true }) as string[]).sort(),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

const change = new Map([['registry.ts', { before: 'old', after: 'new' }]]);

describe('writeAll', () => {
  it('writes new files with their folders, and changes others', () => {
    using world = setUp();
    writeAll(world.root, { created: new Map([['a/b/one.ts', '1']]), changed: change });
    expect(world.read('a/b/one.ts')).to.equal('1');
    expect(world.read('registry.ts')).to.equal('new');
    expect(world.all()).to.deep.equal(['a', 'a/b', 'a/b/one.ts', 'registry.ts']);
  });

  it('writes nothing when one of the files is there', () => {
    using world = setUp();
    mkdirSync(world.path('a'));
    writeFileSync(world.path('a/two.ts'), 'mine');
    const created = new Map([
      ['a/b/one.ts', '1'],
      ['a/two.ts', '2'],
    ]);
    expect(() => writeAll(world.root, { created, changed: change })).to.throw('wrote nothing: EEXIST');
    expect(world.all()).to.deep.equal(['a', 'a/two.ts', 'registry.ts']);
    expect(world.read('a/two.ts')).to.equal('mine');
    expect(world.read('registry.ts')).to.equal('old');
  });

  it('writes nothing when a file is not any more what was read', () => {
    using world = setUp();
    writeFileSync(world.path('second.ts'), 'changed');
    const changed = new Map([...change, ['second.ts', { before: 'old', after: 'new' }]]);
    expect(() => writeAll(world.root, { created: new Map([['a/one.ts', '1']]), changed })).to.throw(
      'second.ts was changed meanwhile; start again',
    );
    expect(existsSync(world.path('a'))).to.equal(false);
    expect(world.read('registry.ts')).to.equal('old');
  });
});
