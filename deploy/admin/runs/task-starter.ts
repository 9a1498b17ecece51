/**
 * Starts tasks of their own for runs: the port, and Amazon ECS behind it.
 *
 * Guarantees: what `ecs/start-task.ts` does; the same run id starts one task, however often it is asked for.
 */
import { DescribeTasksCommand, ECSClient } from '@aws-sdk/client-ecs';
import { EnvironmentError, type EnvironmentValues } from '@stint/sdk';
import { z } from 'zod';
import { StartTooLongError, startTask, TaskNotTakenError } from '../../ecs/start-task.ts';
import { AdminError } from '../admin-error.ts';

export interface TaskOrder {
  readonly job: string;
  /** Names the start. */
  readonly runId: string;
  /** On top of what the task definition has. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface TaskStarter {
  /** Resolves with what names the task. @throws AdminError 502 when it was not taken, 422 when it is asked for with more than ECS takes */
  start(order: TaskOrder): Promise<string>;
  /** Why a task has ended; undefined: it has not, or that cannot be found out. */
  endOf(task: string): Promise<string | undefined>;
}

const settingsSchema = z.strictObject({
  cluster: z.string().min(1),
  /** `{job}` stands for the name of the job. @default 'stint-{job}' */
  taskDefinition: z.string().min(1).default('stint-{job}'),
  /** The container that gets the environment. @default 'app' */
  container: z.string().min(1).default('app'),
  subnets: z.array(z.string().min(1)).min(1).max(16),
  securityGroups: z.array(z.string().min(1)).max(5).default([]),
  /** @default false */
  assignPublicIp: z.boolean().default(false),
  /** `FARGATE` or `FARGATE_SPOT`. @default 'FARGATE' */
  capacityProvider: z.enum(['FARGATE', 'FARGATE_SPOT']).default('FARGATE'),
});
export type TaskSettings = z.infer<typeof settingsSchema>;

const timeoutMs = 15_000;

/**
 * Reads `STINT_ADMIN_TASK`; undefined: runs go on in this process only.
 * @throws EnvironmentError
 */
export function readTaskSettings({ STINT_ADMIN_TASK: text }: EnvironmentValues): TaskSettings | undefined {
  if (!text) return undefined;
  const refuse = (message: string): never => {
    throw new EnvironmentError('the admin does not start', [{ path: 'STINT_ADMIN_TASK', message }]);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('expected JSON like {"cluster":"jobs","subnets":["subnet-1"]}; what it holds is none');
  }
  const { data, error } = settingsSchema.safeParse(json);
  if (data !== undefined) return data;
  const problems = error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  return refuse(`expected settings like {"cluster":"jobs","subnets":["subnet-1"]}, but ${problems.join('; ')}`);
}

export class EcsTaskStarter implements TaskStarter, Disposable {
  readonly #settings: TaskSettings;
  readonly #client: ECSClient;

  /** @param environment where ECS is, and keys for it; without keys the AWS SDK finds them, as those of the task's role */
  constructor(settings: TaskSettings, environment: EnvironmentValues) {
    const { AWS_REGION, AWS_ENDPOINT_URL_ECS, AWS_ENDPOINT_URL } = environment;
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: token,
    } = environment;
    const endpoint = AWS_ENDPOINT_URL_ECS || AWS_ENDPOINT_URL;
    const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
    this.#settings = settings;
    this.#client = new ECSClient({
      ...(AWS_REGION ? { region: AWS_REGION } : {}),
      ...(endpoint ? { endpoint } : {}),
      ...(hasKeys && { credentials: { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) } }),
    });
  }

  async start({ job, runId, environment }: TaskOrder): Promise<string> {
    const { taskDefinition, ...settings } = this.#settings;
    const order = {
      ...settings,
      taskDefinition: taskDefinition.replaceAll('{job}', job),
      environment,
      clientToken: runId,
      startedBy: 'stint-admin',
    };
    try {
      return await startTask(this.#client, order, AbortSignal.timeout(timeoutMs));
    } catch (cause) {
      if (cause instanceof StartTooLongError) throw new AdminError(422, cause.message);
      if (cause instanceof TaskNotTakenError) throw new AdminError(502, cause.message);
      // What AWS says besides may name what is nobody's business who may only start a job.
      const what = cause instanceof Error ? cause.name : 'an error';
      throw new AdminError(502, `ECS did not take the task: ${what}; see the admin's role and STINT_ADMIN_TASK`, {
        cause,
      });
    }
  }

  async endOf(taskArn: string): Promise<string | undefined> {
    const command = new DescribeTasksCommand({ cluster: this.#settings.cluster, tasks: [taskArn] });
    const { tasks = [] } = await this.#client
      .send(command, { abortSignal: AbortSignal.timeout(timeoutMs) })
      .catch(() => ({ tasks: [] }));
    const [task] = tasks;
    if (task?.lastStatus !== 'STOPPED') return undefined;
    const code = task.containers?.find(({ name }) => name === this.#settings.container)?.exitCode;
    return `${task.stoppedReason ?? 'it stopped'}${code === undefined ? '' : ` (exit code ${code})`}`;
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}
