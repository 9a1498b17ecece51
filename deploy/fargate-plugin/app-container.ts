/**
 * The container that a job, or the admin, runs in.
 *
 * What it asks of the image: `node` is its entry point, in exec form, and its working directory has what `taskCommand` and
 * `adminCommand` name; it runs as user 65532 on a root file system that is read-only, with /tmp to write on.
 */
import { ref, type Value } from './cloudformation.ts';
import { appContainer, ids } from './names.ts';
import type { Plan } from './plan.ts';
import { agentContainer, routerContainer } from './sidecars.ts';
import { toEnvironment, toSecrets } from './task-environment.ts';

/** Arguments of `node` in the image. */
export function taskCommand(job: string): readonly string[] {
  return ['task.js', job];
}

export const adminCommand: readonly string[] = ['admin.js'];

/** How long ECS waits between SIGTERM and SIGKILL: the most that Fargate has. */
export const stopTimeoutMs = 120_000;
/** Of the image, which has no such name: user and group. */
export const imageUser = '65532:65532';
const tmpMiB = 64;

export interface AppContainer {
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, Value>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Lines are found by it in Datadog. @default no port */
  readonly port?: number;
}

export function appDefinition({ settings, place }: Plan, { command, variables, secrets, port }: AppContainer): Value {
  const { datadog, image } = settings;
  return {
    Name: appContainer,
    Image: image,
    Command: command,
    // Those beside it are not: a log router that fails must not end a job.
    Essential: true,
    User: imageUser,
    ReadonlyRootFilesystem: true,
    StopTimeout: stopTimeoutMs / 1_000,
    LinuxParameters: {
      // Without one Node is process 1 and is not ended by signals that nobody handles yet.
      InitProcessEnabled: true,
      Capabilities: { Drop: ['ALL'] },
      Tmpfs: [{ ContainerPath: '/tmp', Size: tmpMiB, MountOptions: ['rw', 'noexec', 'nosuid', 'nodev'] }],
    },
    Environment: toEnvironment(variables),
    Secrets: toSecrets(secrets),
    ...(port === undefined ? {} : { PortMappings: [{ ContainerPort: port, Protocol: 'tcp' }] }),
    DependsOn: [
      { ContainerName: agentContainer, Condition: 'START' },
      { ContainerName: routerContainer, Condition: 'HEALTHY' },
    ],
    LogConfiguration: {
      LogDriver: 'awsfirelens',
      Options: {
        Name: 'datadog',
        Host: `http-intake.logs.${datadog.site}`,
        TLS: 'on',
        compress: 'gzip',
        provider: 'ecs',
        dd_service: place.service,
        dd_source: 'nodejs',
        dd_tags: `env:${place.stage}`,
        // What Datadog shows as the line. Once it is parsed there is no `log` any more.
        dd_message_key: 'msg',
        retry_limit: '2',
      },
      SecretOptions: [{ Name: 'apikey', ValueFrom: datadog.apiKey }],
    },
  };
}

/** To CloudWatch: what the sidecars tell of themselves has to be there when they do not work. */
export function awsLogs(streamPrefix: string): Value {
  return {
    LogDriver: 'awslogs',
    Options: {
      'awslogs-group': ref(ids.sidecarLogs),
      'awslogs-region': ref('AWS::Region'),
      'awslogs-stream-prefix': streamPrefix,
      mode: 'non-blocking',
    },
  };
}
