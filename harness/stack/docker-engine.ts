/**
 * The Docker engine that the containers stack runs on, and the images and containers there.
 *
 * testcontainers is loaded here only, and only when it is needed: loading it takes longer than starting an embedded stack.
 */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerRuntimeClient } from 'testcontainers';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { StackError } from './stack-error.ts';

/** Marks the containers of a stack with its id. */
export const stackLabel = 'stint.stack';
/** Marks them with the process that started them. */
export const ownerLabel = 'stint.owner';
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

/** Labels for the containers of a stack of this process. */
export function ownLabels(id: string): Readonly<Record<string, string>> {
  return { [stackLabel]: id, [ownerLabel]: ownerText(identifyProcess(process.pid)) };
}

/** Who owns a stack: host, pid, and when the process was started where the system tells that. */
export function ownerText({ pid, startedAt }: ProcessIdentity): string {
  return [hostname(), pid, ...(startedAt === null ? [] : [startedAt])].join(' ');
}

/** Removes all containers of a stack, whatever state they are in. */
export async function removeStack(engine: ContainerRuntimeClient, id: string): Promise<void> {
  await removeContainers(engine, (labels) => labels[stackLabel] === id);
}

/**
 * Removes the containers of stacks whose process on this machine is gone: it was killed, and nothing else did. A process
 * that has got its pid since is not taken for it.
 */
export async function removeLeftovers(engine: ContainerRuntimeClient): Promise<number> {
  return await removeContainers(engine, ({ [ownerLabel]: owner }) => {
    const [host, pid, startedAt = null] = owner?.split(' ') ?? [];
    return host === hostname() && !isRunning({ pid: Number(pid), startedAt });
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
