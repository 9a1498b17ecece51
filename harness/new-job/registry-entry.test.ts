import { expect } from 'chai';
import { describe, it } from 'mocha';
import { withEntry } from './registry-entry.ts';

const entry = { path: 'jobs/registry.ts', importLine: `import b from './b/job.ts';`, identifier: 'b' };

describe('withEntry', () => {
  it('adds an import, and the name in the order of the alphabet, and leaves all else as it is', () => {
    const text = `/** Jobs. */\nimport a from './a/job.ts';\nimport c from './c/job.ts';\n\nexport const jobs: readonly Job[] = [c, a];\n`;
    expect(withEntry(text, entry)).to.equal(
      `/** Jobs. */\nimport a from './a/job.ts';\nimport b from './b/job.ts';\nimport c from './c/job.ts';\n\nexport const jobs: readonly Job[] = [a, b, c];\n`,
    );
  });

  it('adds to a list of many lines, and to an empty one', () => {
    const head = `\nimport type { Job } from '@stint/sdk';\n\n`;
    const long = `${head}export const jobs: readonly Job[] = [\n  a,\n  c,\n];\n`;
    const empty = `${head}export const jobs: readonly Job[] = [];\n`;
    expect(withEntry(long, entry)).to.include('= [a, b, c];');
    expect(withEntry(empty, entry)).to.include('= [b];');
  });

  it('refuses an identifier that is taken', () => {
    const text = `\nimport b from './b2/job.ts';\nexport const jobs: readonly Job[] = [b];\n`;
    expect(() => withEntry(text, entry)).to.throw('got one that is b in jobs/registry.ts as another is');
  });

  it('refuses a registry of another form', () => {
    for (const text of ['', `\nimport a from './a/job.ts';\nexport const jobs = new Map();\n`]) {
      expect(() => withEntry(text, entry)).to.throw('expected jobs/registry.ts to have imports and one list');
    }
  });
});
