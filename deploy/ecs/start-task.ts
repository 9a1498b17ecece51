/**
 * Starts one task in Amazon ECS.
 *
 * Guarantees: resolves only when ECS has taken the task: an answer with `failures` is an error, though its status is 200. The same client
 * token starts one task, however often it is asked for, for 24 hours. That a task was taken does not mean that it starts.
 */
import { type ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs';
import { StintError } from '@stint/sdk';

export interface TaskStart {
  readonly cluster: string;
  /** A family: its latest active revision; or a family with a revision. */
  readonly taskDefinition: string;
  /** The container that gets the environment. */
  readonly container: string;
  /** On top of what the task definition has. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clientToken: string;
  /** Who starts it, as ECS shows it. */
  readonly startedBy: string;
  readonly capacityProvider: 'FARGATE' | 'FARGATE_SPOT';
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

/** The most that ECS takes as overrides of a task, as JSON. */
const mostCharacters = 8_192;

/** More is asked for than ECS takes as overrides. */
export class StartTooLongError extends StintError {
  constructor(length: number) {
    super(
      'STINT_START_TOO_LONG',
      `expected a start of at most ${mostCharacters} characters, which is what ECS takes, got ${length}; use a smaller scope, or fewer keys`,
    );
  }
}

/** ECS answered, but with no task. */
export class TaskNotTakenError extends StintError {
  constructor(reason: string) {
    super('STINT_TASK_NOT_TAKEN', `ECS did not take the task: ${reason}`);
  }
}

/** Resolves with the task's ARN. @throws StartTooLongError, TaskNotTakenError, and errors of the AWS SDK as they are */
export async function startTask(client: ECSClient, start: TaskStart, signal: AbortSignal): Promise<string> {
  const { cluster, taskDefinition, container, environment, clientToken, startedBy, capacityProvider } = start;
  const { subnets, securityGroups, assignPublicIp } = start;
  const overrides = {
    containerOverrides: [
      { name: container, environment: Object.entries(environment).map(([name, value]) => ({ name, value })) },
    ],
  };
  const { length } = JSON.stringify(overrides);
  if (length > mostCharacters) throw new StartTooLongError(length);
  const command = new RunTaskCommand({
    cluster,
    taskDefinition,
    clientToken,
    startedBy,
    count: 1,
    capacityProviderStrategy: [{ capacityProvider, weight: 1 }],
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...subnets],
        securityGroups: [...securityGroups],
        assignPublicIp: assignPublicIp ? 'ENABLED' : 'DISABLED',
      },
    },
    enableExecuteCommand: false,
    propagateTags: 'TASK_DEFINITION',
    overrides,
  });
  const { tasks = [], failures = [] } = await client.send(command, { abortSignal: signal });
  const [task] = tasks;
  if (task?.taskArn !== undefined && failures.length === 0) return task.taskArn;
  const why = failures.map(({ reason, detail }) => detail ?? reason ?? 'no reason given').join('; ');
  throw new TaskNotTakenError(why || 'it answered with no task');
}
