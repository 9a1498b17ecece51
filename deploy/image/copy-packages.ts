/**
 * Copies packages and all they require, to be run beside a bundle.
 *
 * Optional dependencies stay away: of dd-trace those are native modules for profiling, security and crashes, 75 MB, and it does without.
 * So do files that nothing reads at run time: types, maps, documents, and dd-trace's part for tests.
 */
import { cp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';

export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().default('not told'),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/** What the package in `folder` is, and the names of what it requires. */
export async function readPackage(folder: string): Promise<{ facts: PackageFacts; requires: readonly string[] }> {
  const text = await readFile(join(folder, 'package.json'), 'utf8');
  const { dependencies, ...facts } = packageSchema.parse(JSON.parse(text));
  return { facts, requires: Object.keys(dependencies) };
}

/** To `folder`/node_modules, from `root`/node_modules. */
export async function copyPackages(
  names: readonly string[],
  { root, folder }: { readonly root: string; readonly folder: string },
): Promise<readonly PackageFacts[]> {
  const copied = new Map<string, PackageFacts>();
  const wanted = [...names];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (copied.has(name)) continue;
    const from = join(root, 'node_modules', name);
    const { facts, requires } = await readPackage(from);
    await cp(from, join(folder, 'node_modules', name), { recursive: true, filter: isRead });
    copied.set(name, facts);
    wanted.push(...requires);
  }
  return [...copied.values()];
}

const notRead = /\.(?:d\.[cm]?ts|ts|map|md|markdown|flow)$|^(?:ci|docs?|tests?|benchmark|\.github)$/;

function isRead(path: string): boolean {
  return !notRead.test(basename(path));
}
