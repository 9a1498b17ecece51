/**
 * Asks Amazon ECS whether the task that holds a lease has stopped: then nobody has to wait for the lease's ttl.
 *
 * Guarantees: answers "gone" only when ECS says that the task is STOPPED, or no longer knows it (it forgets a task about an
 * hour after it has stopped). When ECS cannot be asked, or the holder is no task, the answer is that it is not known to be gone.
 * Needs `ecs:DescribeTasks` on the cluster's tasks.
 */
import { DescribeTasksCommand, ECSClient } from '@aws-sdk/client-ecs';

export interface EcsHolderConfig {
  readonly region: string;
  /** `http://host:port` of a local ECS. @default AWS's own for the region */
  readonly endpoint?: string;
  /** @default the AWS SDK's chain: environment, profile, the task's role */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const timeoutMs = 3_000;
// arn:aws:ecs:<region>:<account>:task/<cluster>/<id>
const taskArn = /^arn:[\w-]+:ecs:[\w-]+:\d+:task\/([^/]+)\/[^/]+$/;

/** A function that tells whether the holder of a lease, named by its task's ARN, is gone. */
export function openEcsHolderCheck(config: EcsHolderConfig): (holder: string) => Promise<boolean> {
  return async (holder) => {
    const [, cluster] = taskArn.exec(holder) ?? [];
    if (cluster === undefined) return false;
    const client = new ECSClient({ ...config, maxAttempts: 1 });
    try {
      const command = new DescribeTasksCommand({ cluster, tasks: [holder] });
      const { tasks = [], failures = [] } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
      const task = tasks.find((found) => found.taskArn === holder);
      if (task !== undefined) return task.lastStatus === 'STOPPED';
      return failures.some(({ arn, reason }) => arn === holder && reason === 'MISSING');
    } catch {
      return false;
    } finally {
      client.destroy();
    }
  };
}
