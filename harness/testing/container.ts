/**
 * A container of an image, started as `docker run` starts it and followed like a program.
 *
 * It is on the network of the host, so that what listens on 127.0.0.1 here is there too: as in a task of Fargate, where all containers
 * share one network. Its variables are given to docker by name, so that no list of processes shows a secret. Disposing it removes it,
 * whatever state it is in; what a killed process leaves, the next stack of containers on this machine removes.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ownLabels } from '../stack/docker-engine.ts';
import { type Followed, followChild } from './follow-child.ts';

export interface ContainerOptions {
  readonly image: string;
  /** What the image's entry point is given. @default what the image says */
  readonly command?: readonly string[];
  /** @default {} */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For `docker run`. @default none */
  readonly options?: readonly string[];
}

/** What the engine tells of a container that has ended. */
export interface ContainerState {
  readonly exitCode: number;
  /** The kernel ended a process of it, for it had no memory left. */
  readonly wasOutOfMemory: boolean;
}

export interface Container extends Followed, AsyncDisposable {
  readonly name: string;
  /** As a person would type it; the environment apart. */
  readonly command: string;
  /** SIGTERM, and SIGKILL after `graceSeconds`: as a task is stopped. @default graceSeconds: the container's own */
  stop(graceSeconds?: number): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  state(): Promise<ContainerState>;
  /** Removes it without waiting for anything but that: for a process that ends. */
  removeNow(): void;
  /** What it has changed on its own disk, as `A /path`; empty: nothing. */
  changes(): Promise<readonly string[]>;
}

const run = promisify(execFile);
const lookAgainMs = 50;

/** Runs docker to its end, and gives what it wrote. @throws Error with what it said when it fails */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', args, { maxBuffer: 2 ** 26 });
  return stdout.trim();
}

export function startContainer({ image, command = [], env = {}, options = [] }: ContainerOptions): Container {
  const id = randomBytes(6).toString('hex');
  const name = `stint-run-${id}`;
  const labels = Object.entries(ownLabels(id)).map(([key, value]) => `--label=${key}=${value}`);
  const given = Object.entries(env).filter(([, value]) => value !== undefined);
  const variables = given.map(([key]) => `--env=${key}`);
  const child = spawn(
    'docker',
    ['run', `--name=${name}`, '--network=host', ...labels, ...variables, ...options, image, ...command],
    { env: { ...Object.fromEntries(given), ...dockersOwn() }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const followed = followChild(child);
  return Object.assign(followed, {
    name,
    command: ['docker run', ...options, image, ...command].join(' '),
    async stop(graceSeconds?: number) {
      await docker('stop', ...(graceSeconds === undefined ? [] : [`--time=${graceSeconds}`]), name);
    },
    async kill(signal: NodeJS.Signals) {
      await docker('kill', `--signal=${signal}`, name);
    },
    async state() {
      await followed.ended;
      const text = await docker('inspect', '--format={{.State.ExitCode}} {{.State.OOMKilled}}', name);
      const [exitCode, oom] = text.split(' ');
      return { exitCode: Number(exitCode), wasOutOfMemory: oom === 'true' };
    },
    removeNow() {
      spawnSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore' });
    },
    async changes() {
      const changed = (await docker('diff', name)).split('\n').filter(Boolean);
      // The init that --init puts there, and the folders it is in, are the engine's doing.
      const inits = changed.filter((line) => line.endsWith('/docker-init')).map((line) => line.slice(2));
      return changed.filter((line) => !inits.some((path) => `${path}/`.startsWith(`${line.slice(2)}/`)));
    },
    async [Symbol.asyncDispose]() {
      // It may be in the making still, and cannot be removed before.
      while (child.exitCode === null) {
        await docker('rm', '--force', '--volumes', name).catch(() => undefined);
        await Promise.race([followed.ended, delay(lookAgainMs)]);
      }
      await docker('rm', '--force', '--volumes', name).catch(() => undefined);
    },
  });
}

/** What docker itself reads, from this process. */
function dockersOwn(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(?:PATH|HOME|DOCKER_.*)$/.test(name)));
}
