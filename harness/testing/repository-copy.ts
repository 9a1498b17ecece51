/** A copy of this repository's code in a temporary folder, for what would harm the real one; removed on dispose. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.ts';
import { makeScratch, type Scratch } from '../stack/testing/scratch.ts';

const rooms = ['sdk', 'jobs', 'harness', 'fixtures'];

/** Holds no stack: `.stint` is not there. Packages are those of the real repository, ours excepted. */
export function copyRepository(): Scratch {
  const scratch = makeScratch();
  const [packages, ours] = ['node_modules', 'node_modules/@stint'].map((path) => join(scratch.path, path)) as [
    string,
    string,
  ];
  mkdirSync(ours, { recursive: true });
  for (const room of rooms) {
    cpSync(join(repositoryRoot, room), join(scratch.path, room), {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
    symlinkSync(join(scratch.path, room), join(ours, room));
  }
  for (const name of readdirSync(join(repositoryRoot, 'node_modules'))) {
    if (name !== '@stint') symlinkSync(join(repositoryRoot, 'node_modules', name), join(packages, name));
  }
  cpSync(join(repositoryRoot, 'package.json'), join(scratch.path, 'package.json'));
  return scratch;
}
