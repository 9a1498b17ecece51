/**
 * Makes data folders for PostgreSQL. A folder is finished when it holds `stint.json`, which is written last: one left
 * by an initdb that was cut short, or of another major version, is not finished.
 *
 * Guarantees: `makeCluster` leaves a finished folder or throws. A finished image beside the slots saves later starts
 * the initdb; a folder made from it has the image's password.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { diskFull, tellsOfFullDisk } from './disk-error.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { runTool } from './run-tool.ts';
import { StackError } from './stack-error.ts';

export interface Cluster {
  readonly directory: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

export interface ClusterPlace {
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  /** Holds the image, shared by all slots. */
  readonly baseDirectory: string;
  /** Ours alone. */
  readonly slotDirectory: string;
  readonly signal: AbortSignal;
}

/** Raised when the options of initdb change: older folders are then made anew. */
const format = 1;
const marker = 'stint.json';

/** Opens a data folder, or tells why it cannot be used; undefined when there is none. */
export function openCluster(directory: string, major: string): Cluster | string | undefined {
  if (!existsSync(directory)) return undefined;
  try {
    const version = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
    if (version !== major) return `is of PostgreSQL ${version}, not ${major}`;
    const found: { format?: number; password?: string } = JSON.parse(readFileSync(join(directory, marker), 'utf8'));
    if (found.format !== format || found.password === undefined) return 'was made by another version of Stint';
    return { directory, password: found.password };
  } catch {
    return 'is not complete';
  }
}

/** Makes a new data folder, from the image when there is one. Whatever stood there is removed. */
export async function makeCluster(directory: string, place: ClusterPlace): Promise<Cluster> {
  const image = await makeImage(place);
  makeEmptyFolder(directory, place.account);
  // The tool and not fs.cp: run as the account it sets the owner too, and it is faster.
  await runOrThrow('cp', ['-R', `${image.directory}/.`, directory], place);
  return { directory, password: image.password };
}

export function removeImage({ baseDirectory, binaries }: ClusterPlace): void {
  rmSync(imageDirectory(baseDirectory, binaries), { recursive: true, force: true });
}

async function makeImage(place: ClusterPlace): Promise<Cluster> {
  const { baseDirectory, slotDirectory, binaries } = place;
  const directory = imageDirectory(baseDirectory, binaries);
  const present = openCluster(directory, binaries.major);
  if (typeof present === 'object') return present;
  if (present !== undefined) rmSync(directory, { recursive: true, force: true });

  const draft = join(slotDirectory, 'image-draft');
  const password = await initialize(draft, place);
  try {
    renameSync(draft, directory);
  } catch (error) {
    // Another process was first; its image is as good.
    const others = openCluster(directory, binaries.major);
    if (typeof others !== 'object') throw error;
    rmSync(draft, { recursive: true, force: true });
    return others;
  }
  return { directory, password };
}

async function initialize(directory: string, place: ClusterPlace): Promise<string> {
  const { account, binaries, slotDirectory } = place;
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(slotDirectory, 'password-draft');
  rmSync(passwordFile, { force: true });
  makeEmptyFolder(directory, account);
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account !== undefined) chownSync(passwordFile, account.uid, account.gid);
    await runOrThrow(binaries.initdb, initdbArguments(directory, passwordFile), place);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  const file = join(directory, marker);
  writeFileSync(file, JSON.stringify({ format, password }), { mode: 0o600 });
  if (account !== undefined) chownSync(file, account.uid, account.gid);
  return password;
}

function initdbArguments(directory: string, passwordFile: string): string[] {
  return [
    ...['--pgdata', directory, '--username', 'postgres', '--pwfile', passwordFile],
    // Plain text over the loopback: SCRAM costs milliseconds a connection and protects nothing there.
    ...['--auth', 'password', '--set', 'scram_iterations=1'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...['--no-sync', '--no-instructions', '--wal-segsize', '1'],
  ];
}

async function runOrThrow(command: string, args: readonly string[], place: ClusterPlace): Promise<void> {
  const { account, slotDirectory, signal } = place;
  const result = await runTool(command, args, { account, cwd: slotDirectory, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new StackError(
      'STINT_STACK_NO_POSTGRES',
      `expected ${command} to run, got ${String(cause)}; reinstall the platform's package, or use the stack "containers"`,
      { cause },
    );
  });
  if (result.code === 0) return;
  if (tellsOfFullDisk(result.output)) throw diskFull(slotDirectory);
  throw new StackError(
    'STINT_STACK_START',
    `expected ${command} to succeed, got exit code ${result.code}:\n${result.output.trimEnd()}`,
  );
}

function makeEmptyFolder(directory: string, account: Account | undefined): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  if (account !== undefined) chownSync(directory, account.uid, account.gid);
}

function imageDirectory(baseDirectory: string, { major }: PostgresBinaries): string {
  return join(baseDirectory, `image-${major}`);
}
