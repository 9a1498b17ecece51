/** What may start a job's task: this job's, in this cluster, with these two roles, and nothing else. */
import { arn, attribute, type Resource, type Value } from './cloudformation.ts';
import { clusterName, familyName, ids, jobIds } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';
import { role, type Statement } from './role.ts';

/** `service`: who starts it. */
export function startRole(
  plan: Plan,
  job: string,
  service: 'scheduler.amazonaws.com' | 'events.amazonaws.com',
): Resource {
  const told: Statement = { actions: ['sqs:SendMessage'], resources: [attribute(ids.startDeadLetters, 'Arn')] };
  return role({
    service,
    ownAccountOnly: true,
    // A rule's failed starts are put into the queue by EventBridge itself, which the queue's own policy allows.
    statements: [...mayStart(plan, [job]), ...(service === 'scheduler.amazonaws.com' ? [told] : [])],
    tags: tagsOf(plan, job),
  });
}

export function mayStart({ place }: Plan, jobs: readonly string[]): readonly Statement[] {
  const cluster = clusterName(place);
  const roles = jobs.flatMap((job): readonly Value[] => {
    const { executionRole, taskRole } = jobIds(job);
    return [attribute(executionRole, 'Arn'), attribute(taskRole, 'Arn')];
  });
  return [
    {
      actions: ['ecs:RunTask'],
      resources: jobs.map((job) => arn('ecs', `task-definition/${familyName(place, job)}:*`)),
      conditions: { ArnEquals: { 'ecs:cluster': attribute(ids.cluster, 'Arn') } },
    },
    {
      actions: ['ecs:TagResource'],
      resources: [arn('ecs', `task/${cluster}/*`)],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
    },
    {
      actions: ['iam:PassRole'],
      resources: roles,
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
  ];
}
