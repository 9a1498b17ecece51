/** The network that tasks are started in, as a service or a rule names it. */
import type { Value } from './cloudformation.ts';
import type { Settings } from './settings.ts';

/** RunTask of the API has the same members, which is what EventBridge Scheduler sends. */
export function networkConfiguration({ vpc }: Settings, member: 'AwsvpcConfiguration' | 'AwsVpcConfiguration'): Value {
  const { subnets, securityGroups, assignPublicIp } = vpc;
  return {
    [member]: {
      Subnets: subnets,
      SecurityGroups: securityGroups,
      AssignPublicIp: assignPublicIp ? 'ENABLED' : 'DISABLED',
    },
  };
}

export function capacity(spot: boolean): Value {
  return [{ CapacityProvider: spot ? 'FARGATE_SPOT' : 'FARGATE', Weight: 1 }];
}
