/**
 * The Docker engine that the containers stack runs on, and the images and containers there.
 *
 * testcontainers is loaded here only, and only when it is needed: loading it takes longer than starting an embedded stack.
 */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerRuntimeClient } from 'testcontainers';
import { StackError } from './stack-error.ts';

/** Marks the containers of a stack: with an id of its own, and with the process that started it. */
export const stackLabel = 'stint.stack';
const ownerLabel = 'stint.owner';
const goneWithinMs = 30_000;
const lookAgainMs = 50;

/** @throws StackError `STINT_STACK_NO_ENGINE` */
export async function findEngine(): Promise<ContainerRuntimeClient> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  try {
    return await getContainerRuntimeClient();
  } catch (cause) {
    throw new StackError(
      'STINT_STACK_NO_ENGINE',
      'expected a Docker engine that answers, got none; start Docker (or set DOCKER_HOST), or use the embedded stack',
      { cause },
    );
  }
}

export async function hasImage(engine: ContainerRuntimeClient, image: string): Promise<boolean> {
  const { ImageName } = await import('testcontainers');
  return engine.image.exists(ImageName.fromString(image));
}

/** Pulls the image unless it is there. @throws StackError `STINT_STACK_NO_IMAGE` */
export async function ensureImage(
  engine: ContainerRuntimeClient,
  image: string,
  onStatus: (line: string) => void,
): Promise<void> {
  if (await hasImage(engine, image)) return;
  onStatus(`pulling ${image}, once`);
  const { ImageName } = await import('testcontainers');
  try {
    await engine.image.pull(ImageName.fromString(image));
    // A pull that breaks off in the midst of its stream is not always told.
    if (!(await hasImage(engine, image))) throw new Error('the pull broke off');
  } catch (cause) {
    const [reason = 'no reason'] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new StackError(
      'STINT_STACK_NO_IMAGE',
      `expected to pull the image ${image}, got: ${reason}; connect to its registry, or build images from packages with ` +
        'harness/images/build and set STINT_POSTGRES_IMAGE=stint/postgres STINT_LOCALSTACK_IMAGE=stint/localstack',
      { cause },
    );
  }
}

/** Labels for the containers of a stack of this process. */
export function ownLabels(id: string): Readonly<Record<string, string>> {
  return { [stackLabel]: id, [ownerLabel]: `${hostname()} ${process.pid}` };
}

/** Removes all containers of a stack, whatever state they are in. */
export async function removeStack(engine: ContainerRuntimeClient, id: string): Promise<void> {
  await removeContainers(engine, (labels) => labels[stackLabel] === id);
}

/** Removes the containers of stacks whose process on this machine is gone: it was killed, and nothing else did. */
export async function removeLeftovers(engine: ContainerRuntimeClient): Promise<number> {
  return await removeContainers(engine, ({ [ownerLabel]: owner }) => {
    const [host, pid] = owner?.split(' ') ?? [];
    return host === hostname() && !isRunning(Number(pid));
  });
}

/** Resolves, with how many there were, when none of them is there any more. */
async function removeContainers(
  engine: ContainerRuntimeClient,
  picks: (labels: Readonly<Record<string, string>>) => boolean,
): Promise<number> {
  const { dockerode } = engine.container;
  const find = async () => {
    const all = await dockerode.listContainers({ all: true, filters: { label: [stackLabel] } });
    return all.filter(({ Labels }) => picks(Labels)).map(({ Id }) => Id);
  };
  const seen = new Set<string>();
  const untilMs = performance.now() + goneWithinMs;
  for (;;) {
    const ids = await find();
    for (const id of ids) seen.add(id);
    if (ids.length === 0 || performance.now() > untilMs) return seen.size;
    // Another may be removing it as well, and it is listed until that is done.
    const remove = (id: string) => dockerode.getContainer(id).remove({ force: true, v: true });
    await Promise.all(ids.map((id) => remove(id).catch(() => delay(lookAgainMs))));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
