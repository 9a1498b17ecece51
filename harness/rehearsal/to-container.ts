/** What a task definition says of its job's container, as options of `docker run`. */
import { availableParallelism } from 'node:os';
import type { ContainerOptions } from '../testing/container.ts';
import { type Parameters, resolveValue } from './cloudformation-value.ts';
import { RehearsalError } from './rehearsal-error.ts';
import type { AppContainer, TaskDefinition } from './task-definition.ts';

export interface Surroundings {
  /** For what the template refers to. */
  readonly parameters: Parameters;
  /** Values of variables and secrets that the task definition names: those of the world it is rehearsed in. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Variables besides: what the scheduler sets, and where things are here. */
  readonly added: Readonly<Record<string, string | undefined>>;
  /** Of the sink for log lines, `host:port`. */
  readonly logAddress: string;
  /** The image to run. @default undefined: the task definition's */
  readonly image?: string | undefined;
}

/** @throws RehearsalError when a secret has no value, or a value cannot be resolved */
export function toContainer({ id, app, cpu, memoryMb }: TaskDefinition, around: Surroundings): ContainerOptions {
  const [entryPoint, ...first] = app.EntryPoint ?? [];
  const memory = app.Memory ?? memoryMb;
  const share = app.Cpu ?? cpu;
  return {
    image: around.image ?? resolveValue(app.Image, around.parameters, `${id}, Image`),
    command: [...first, ...app.Command],
    env: { ...environmentOf(id, app, around), ...around.added },
    options: [
      ...(entryPoint === undefined ? [] : [`--entrypoint=${entryPoint}`]),
      ...(app.WorkingDirectory === undefined ? [] : [`--workdir=${app.WorkingDirectory}`]),
      ...(app.User === undefined ? [] : [`--user=${app.User}`]),
      ...(app.ReadonlyRootFilesystem ? ['--read-only'] : []),
      `--stop-timeout=${app.StopTimeout}`,
      // All of it: a task on Fargate does not swap.
      ...(memory === undefined ? [] : [`--memory=${memory}m`, `--memory-swap=${memory}m`]),
      ...(share === undefined ? [] : [`--cpus=${Math.min(share / 1_024, availableParallelism())}`]),
      ...app.Ulimits.map(({ Name, SoftLimit, HardLimit }) => `--ulimit=${Name}=${SoftLimit}:${HardLimit}`),
      ...linuxOptions(app),
      ...logOptions(id, app, around),
    ],
  };
}

function environmentOf(id: string, app: AppContainer, { parameters, values }: Surroundings) {
  const variables = app.Environment.map(({ Name, Value }) => [
    Name,
    values[Name] ?? resolveValue(Value, parameters, `${id}, ${Name}`),
  ]);
  const secrets = app.Secrets.map(({ Name }) => {
    const secret = values[Name];
    if (secret !== undefined) return [Name, secret];
    throw new RehearsalError(`expected a value for the secret ${Name} of ${id}, got none; add --env ${Name}=…`);
  });
  return Object.fromEntries([...variables, ...secrets]) as Readonly<Record<string, string>>;
}

function linuxOptions({ LinuxParameters: { InitProcessEnabled, Tmpfs, Capabilities } }: AppContainer) {
  return [
    ...(InitProcessEnabled ? ['--init'] : []),
    ...Tmpfs.map(
      ({ ContainerPath, Size, MountOptions }) =>
        `--tmpfs=${ContainerPath}:${[...MountOptions, `size=${Size}m`].join(',')}`,
    ),
    ...Capabilities.Add.map((name) => `--cap-add=${name}`),
    ...Capabilities.Drop.map((name) => `--cap-drop=${name}`),
  ];
}

/** FireLens has the engine send lines by its driver `fluentd`; here they go to the sink, there to the router. */
function logOptions(id: string, { Name, LogConfiguration }: AppContainer, { logAddress }: Surroundings) {
  const driver = LogConfiguration?.LogDriver;
  if (driver !== 'awsfirelens')
    throw new RehearsalError(`expected the logs of ${id} to go to awsfirelens, got ${driver ?? 'nothing'}; correct it`);
  return [
    '--log-driver=fluentd',
    `--log-opt=fluentd-address=${logAddress}`,
    `--log-opt=tag=${Name}-firelens`,
    '--log-opt=fluentd-sub-second-precision=true',
  ];
}
