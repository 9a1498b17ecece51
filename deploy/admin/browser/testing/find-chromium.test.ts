import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeScratch } from '../../../../harness/stack/testing/scratch.ts';
import { findChromium } from './find-chromium.ts';

describe('findChromium', () => {
  it('takes the one that is named, and else the first on the PATH that can be run', () => {
    using scratch = makeScratch();
    const [named, other] = ['mine', 'chromium-browser'].map((name) => join(scratch.path, name));
    for (const path of [named!, other!]) {
      writeFileSync(path, '#!/bin/sh\n');
      chmodSync(path, 0o755);
    }
    writeFileSync(join(scratch.path, 'chromium'), 'not to be run');
    const PATH = ['/nowhere', scratch.path].join(delimiter);
    expect(findChromium({ PATH })).to.equal(other);
    expect(findChromium({ PATH, CHROMIUM_PATH: named })).to.equal(named);
  });

  it('refuses a named one that is not there: whoever set it wants it used', () => {
    expect(() => findChromium({ CHROMIUM_PATH: '/nowhere/chromium' })).to.throw('CHROMIUM_PATH');
  });
});
