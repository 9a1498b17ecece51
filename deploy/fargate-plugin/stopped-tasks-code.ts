/** The Lambda function's code and the events that it is given. Stands for `deploy/task-stopped/` until that is here. */
import type { Value } from './cloudformation.ts';

export function taskStoppedCode(_format: 'commonjs'): string {
  return "'use strict';\nexports.handler = async () => {};\n";
}

export function eventPattern(cluster: Value): Value {
  return {
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: { clusterArn: [cluster], lastStatus: ['STOPPED'] },
  };
}
