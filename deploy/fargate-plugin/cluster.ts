/** The cluster that all tasks of a stage run in. */
import { type Resources, tagList } from './cloudformation.ts';
import { clusterName, ids } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';

export function cluster(plan: Plan): Resources {
  return {
    [ids.cluster]: {
      Type: 'AWS::ECS::Cluster',
      Properties: {
        ClusterName: clusterName(plan.place),
        CapacityProviders: ['FARGATE', 'FARGATE_SPOT'],
        Tags: tagList(tagsOf(plan)),
      },
    },
  };
}
