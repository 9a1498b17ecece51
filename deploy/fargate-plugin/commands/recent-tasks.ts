/**
 * The tasks of a cluster that run, and those that have stopped lately.
 *
 * Does not guarantee more than ECS keeps: a task that has stopped is known for about an hour.
 */
import type { ECS, Task } from '@aws-sdk/client-ecs';

/** ECS's limit for one question. */
const mostAtOnce = 100;

/** By family, the newest first. */
export async function recentTasks(
  ecs: ECS,
  cluster: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Task[]>> {
  const arns = [
    ...(await listTasks(ecs, cluster, 'RUNNING', signal)),
    ...(await listTasks(ecs, cluster, 'STOPPED', signal)),
  ];
  const tasks: Task[] = [];
  for (let index = 0; index < arns.length; index += mostAtOnce) {
    const some = arns.slice(index, index + mostAtOnce);
    tasks.push(...((await ecs.describeTasks({ cluster, tasks: some }, { abortSignal: signal })).tasks ?? []));
  }
  tasks.sort((a, b) => createdMs(b) - createdMs(a));
  return Map.groupBy(tasks, ({ taskDefinitionArn = '' }) => familyOf(taskDefinitionArn));
}

async function listTasks(
  ecs: ECS,
  cluster: string,
  desiredStatus: 'RUNNING' | 'STOPPED',
  signal: AbortSignal,
): Promise<readonly string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ecs.listTasks(
      { cluster, desiredStatus, ...(nextToken && { nextToken }) },
      { abortSignal: signal },
    );
    arns.push(...(page.taskArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return arns;
}

function createdMs({ createdAt }: Task): number {
  return createdAt?.getTime() ?? 0;
}

/** `arn:aws:ecs:…:task-definition/stint-dev-poll:7` is of `stint-dev-poll`. */
function familyOf(taskDefinitionArn: string): string {
  return taskDefinitionArn.slice(taskDefinitionArn.lastIndexOf('/') + 1).split(':')[0] ?? '';
}
