/**
 * Which events the rule of EventBridge hands to the Lambda function.
 *
 * Wider than what is told: the function decides. Whether `name` and `exitCode` are of the same container is not relied upon:
 * AWS's open matcher (Ruler) keeps them together, and the documentation of EventBridge does not promise it.
 *
 * Selected is a task that has the container `app` and of which one is true:
 * - a container ended with another code than 0;
 * - no container has a code, or one has a reason, as those have that were never started or ran out of memory;
 * - it was stopped for another reason than that the container ended: failed to start, Spot, a person, or a code yet to come.
 *
 * A task that ended well is not selected and costs nothing. Not selected either: `app` without a code and without a reason,
 * beside a container with code 0, in a task that stopped because `app` ended; ECS knows the code then.
 */
import type { Value } from '../fargate-plugin/cloudformation.ts';
import { jobContainer } from './to-task-stopped.ts';

/** `cluster`: its ARN, or what CloudFormation takes for it, like `{ 'Fn::GetAtt': ['Cluster', 'Arn'] }`. */
export function eventPattern(cluster: Value): Value {
  return {
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: {
      clusterArn: [cluster],
      lastStatus: ['STOPPED'],
      containers: { name: [jobContainer] },
      $or: [
        { containers: { exitCode: [{ 'anything-but': [0] }] } },
        { containers: { exitCode: [{ exists: false }] } },
        { containers: { reason: [{ exists: true }] } },
        { stopCode: [{ 'anything-but': ['EssentialContainerExited'] }] },
      ],
    },
  };
}
