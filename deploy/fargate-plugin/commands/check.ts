/**
 * `serverless jobs check`: whether the account has what the registry and the settings say, by the template that they make.
 *
 * Guarantees: changes nothing, and asks for no secret's value. Each difference is one line; 1 if there is any.
 * Does not guarantee the rest of the template: policies, alarms, log groups and the network are CloudFormation's to tell (drift detection).
 */
import type { ECS } from '@aws-sdk/client-ecs';
import { exitCodes } from '@stint/sdk';
import { clusterName } from '../names.ts';
import { checkRole } from './check-role.ts';
import { checkRule, checkSchedule, checkSurplus, named } from './check-schedules.ts';
import { checkSecret, neededSecrets } from './check-secrets.ts';
import { checkCluster, checkTaskDefinition } from './check-tasks.ts';
import { Differences } from './differences.ts';
import type { JobsWorld } from './world.ts';

export interface CheckGround extends JobsWorld {
  readonly ecs: ECS;
  readonly cluster: string;
  readonly differences: Differences;
}

/** Resolves with the exit code. @throws what AWS answers, but for what these credentials may not look at */
export async function checkCommand(world: JobsWorld, { json }: { readonly json?: boolean }): Promise<number> {
  const { place, clients, out } = world;
  const cluster = clusterName(place);
  const differences = new Differences();
  await checkAll({ ...world, cluster, differences, ecs: await clients.ecs() });

  const { lines } = differences;
  if (json) out.print(JSON.stringify({ ...place, cluster, differences: lines }, undefined, 2));
  else for (const line of lines) out.print(line);
  if (lines.length === 0) {
    out.note(`${cluster} in ${place.region} is as the jobs and the settings say`);
    return exitCodes.succeeded;
  }
  const count = lines.length === 1 ? '1 difference' : `${lines.length} differences`;
  out.note(`${count}; "npx serverless deploy --stage ${place.stage}" makes it so, but for secrets`);
  return exitCodes.failed;
}

async function checkAll(ground: CheckGround): Promise<void> {
  const { template, cluster, differences } = ground;
  const roles = new Set<string>();
  const collect = (found: readonly string[]) => {
    for (const role of found) roles.add(role);
  };
  await differences.try(`cluster ${cluster}`, () => checkCluster(ground));
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (resource.Type === 'AWS::ECS::TaskDefinition')
      await differences.try(id, async () => collect(await checkTaskDefinition(resource, ground)));
  }
  for (const resource of named(ground)) {
    const check = resource.Type === 'AWS::Events::Rule' ? checkRule : checkSchedule;
    await differences.try(String(resource.Properties?.Name), async () => collect(await check(resource, ground)));
  }
  await differences.try('schedules', () => checkSurplus(ground));
  for (const role of roles) await differences.try(`role ${role}`, () => checkRole(role, ground));
  for (const [name, arn] of neededSecrets(ground))
    await differences.try(`secret ${name}`, () => checkSecret(name, arn, ground));
}
