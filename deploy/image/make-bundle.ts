/**
 * Makes what the image runs: each program and all it needs as JavaScript, with dd-trace beside it.
 *
 *   task.js, admin.js      the programs; what both need is in files beside them
 *   node_modules           dd-trace, which patches modules by their files and cannot be bundled, and what it requires
 *   sdk/…, deploy/…        what is no code, at its place: `import.meta.dirname` of a source is where that would be below the folder
 *   packages.json          the packages that are in it, with version and license
 *
 * Guarantees: nothing that no program reaches is in it; so no test, no harness, no fixture, no tool. Names stay readable, in errors'
 * stacks too. Does not guarantee that a package which reads files of its own at run time finds them: dd-trace alone does.
 */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { copyPackages, type PackageFacts, readPackage } from './copy-packages.ts';

export interface BundleOptions {
  /** Where it is put. */
  readonly folder: string;
  /** Other jobs than those of the repository: a module that exports `jobs`. @default jobs/registry.ts */
  readonly registry?: string;
  /** Programs by their names, as paths below the repository. @default task and admin */
  readonly programs?: Readonly<Record<string, string>>;
}

export interface Bundle {
  readonly packages: readonly PackageFacts[];
}

const root = join(import.meta.dirname, '../..');
const defaultPrograms = { task: 'deploy/task.ts', admin: 'deploy/admin/server.ts' };
const beside = ['dd-trace'];
// pg tries both, and goes on without them.
const notThere = ['pg-native', 'pg-cloudflare'];
// Packages made for CommonJS want `require` for what is Node's own.
const banner = `import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);`;

/** @throws Error when a program cannot be bundled */
export async function makeBundle({ folder, registry, programs = defaultPrograms }: BundleOptions): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(programs).map(([out, path]) => ({ in: path, out })),
    outdir: folder,
    bundle: true,
    splitting: true,
    // All at one depth, for `import.meta.dirname`.
    chunkNames: 'part-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // What a package has for ES modules: less of it is needed.
    mainFields: ['module', 'main'],
    external: [...beside, ...notThere],
    alias: registry === undefined ? {} : { '@stint/jobs/registry': registry },
    plugins: [placesOfSources],
    banner: { js: banner },
    metafile: true,
    logLevel: 'silent',
  });
  const inside = sourcesIn(metafile);
  for (const room of roomsOf(inside)) await copyOtherFiles(room, folder);
  const packages = [...(await packagesOf(inside)), ...(await copyPackages(beside, { root, folder }))];
  packages.sort((one, other) => one.name.localeCompare(other.name));
  await writeFile(join(folder, 'packages.json'), `${JSON.stringify(packages, undefined, 2)}\n`);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  return { packages };
}

/** In a bundle `import.meta` is that of the file it is in: this gives each source of the repository its own place back. */
const placesOfSources: Plugin = {
  name: 'places-of-sources',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const place = relative(root, path);
      if (!text.includes('import.meta') || place.startsWith('..')) return undefined;
      const contents = text
        .replaceAll('import.meta.dirname', `(import.meta.dirname + '/${dirname(place).replaceAll(sep, '/')}')`)
        .replaceAll('import.meta.url', `new URL('${place.replaceAll(sep, '/')}', import.meta.url).href`);
      return { contents, loader: 'ts' };
    });
  },
};

function sourcesIn({ outputs }: Metafile): readonly string[] {
  return [...new Set(Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)))];
}

/** The folders of the repository that have sources in the bundle. */
function roomsOf(inside: readonly string[]): readonly string[] {
  const own = inside.filter((path) => !path.includes('node_modules/') && !path.startsWith('..'));
  // The style and script of pages have a folder of their own.
  return [...new Set(own.map(dirname)), ...(own.some((path) => path.startsWith('deploy/admin/')) ? [assets] : [])];
}

const assets = 'deploy/admin/assets';
const noCode = /\.(?:css|js|svg|pem|sql)$/;

/** Copies what stands beside the code and is read at run time. */
async function copyOtherFiles(room: string, folder: string): Promise<void> {
  const entries = await readdir(join(root, room), { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !noCode.test(entry.name)) continue;
    await mkdir(join(folder, room), { recursive: true });
    await cp(join(root, room, entry.name), join(folder, room, entry.name));
  }
}

/** The packages whose sources are in the bundle. */
async function packagesOf(inside: readonly string[]): Promise<PackageFacts[]> {
  const folders = inside.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return await Promise.all([...new Set(folders)].map(async (path) => (await readPackage(join(root, path))).facts));
}
