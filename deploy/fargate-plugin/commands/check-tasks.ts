/** Checks the cluster, and of each family the latest active revision of its task definition. */
import type { CheckGround } from './check.ts';
import { look } from './look.ts';
import { resolveText, resolveValue } from './resolve-value.ts';
import { camelKeys, isOnlyTemplates, type TaskDefinitionShape, taskFacts } from './task-facts.ts';
import type { Resource } from './world.ts';

export async function checkCluster(ground: CheckGround): Promise<void> {
  const { ecs, cluster, differences, jobs, signal } = ground;
  const { clusters = [] } = await ecs.describeClusters({ clusters: [cluster] }, { abortSignal: signal });
  const [found] = clusters;
  if (found?.status !== 'ACTIVE') return differences.add(`cluster ${cluster}`, 'ACTIVE', found?.status ?? 'none');
  const needed = new Set(jobs.map(({ task }) => (task.spot ? 'FARGATE_SPOT' : 'FARGATE')));
  for (const provider of needed) {
    if (found.capacityProviders?.includes(provider)) continue;
    differences.add(`cluster ${cluster}: capacity providers`, provider, found.capacityProviders?.join(', ') || 'none');
  }
}

/** Resolves with the roles that the account's definition has. */
export async function checkTaskDefinition(
  { Properties = {} }: Resource,
  ground: CheckGround,
): Promise<readonly string[]> {
  const { ecs, differences, signal } = ground;
  const family = resolveText(Properties.Family, ground);
  const what = `task definition ${family}`;
  const found = await look(() => ecs.describeTaskDefinition({ taskDefinition: family }, { abortSignal: signal }));
  const definition = found?.taskDefinition;
  if (definition === undefined) {
    differences.add(what, 'one that is active', 'none');
    return [];
  }
  const expected = camelKeys(resolveValue(Properties, ground)) as TaskDefinitionShape;
  differences.compare(what, {
    expected: taskFacts(expected),
    actual: taskFacts(definition),
    only: isOnlyTemplates,
  });
  return [definition.taskRoleArn, definition.executionRoleArn].filter((role) => role !== undefined);
}
