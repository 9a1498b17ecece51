/**
 * Which task of Amazon ECS this process runs in: the holder of its leases, so that others can ask whether it has stopped.
 *
 * Guarantees: it never fails and never takes long. No answer, or one that makes no sense, is no ARN; a lease then has to be
 * watched for its ttl, as anywhere else.
 */
import { z } from 'zod';

export interface EcsTask {
  readonly taskArn: string;
  /** Name or ARN. */
  readonly cluster: string;
}

const timeoutMs = 1_000;
const taskSchema = z.object({ TaskARN: z.string().startsWith('arn:'), Cluster: z.string() });

/** `metadataUri`: value of ECS_CONTAINER_METADATA_URI_V4; undefined: not in ECS. */
export async function findEcsTask(metadataUri: string | undefined): Promise<EcsTask | undefined> {
  if (metadataUri === undefined) return undefined;
  try {
    const { default: undici } = await import('undici');
    const { statusCode, body } = await undici.request(`${metadataUri}/task`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (statusCode !== 200) {
      await body.dump();
      return undefined;
    }
    const { TaskARN, Cluster } = taskSchema.parse(await body.json());
    return { taskArn: TaskARN, cluster: Cluster };
  } catch {
    return undefined;
  }
}
