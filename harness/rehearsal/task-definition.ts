/**
 * The task definitions of a CloudFormation template.
 *
 * Guarantees: what a task definition says of the job's container is known here, or refused: a rehearsal passes nothing over in silence.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { RehearsalError } from './rehearsal-error.ts';

/** The container of the job; those beside it are stood in for. */
export const appName = 'app';

const value = z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.unknown())]);
const whole = z.union([z.number(), z.string().regex(/^\d+$/)]).transform(Number);
const none = z.tuple([]);

const appSchema = z.strictObject({
  Name: z.string(),
  Image: value,
  EntryPoint: z.array(z.string()).optional(),
  Command: z.array(z.string()),
  WorkingDirectory: z.string().optional(),
  Environment: z.array(z.strictObject({ Name: z.string(), Value: value })).default([]),
  Secrets: z.array(z.strictObject({ Name: z.string(), ValueFrom: value })).default([]),
  User: z.string().optional(),
  ReadonlyRootFilesystem: z.boolean().default(false),
  StopTimeout: whole.default(30),
  Cpu: whole.optional(),
  Memory: whole.optional(),
  Ulimits: z.array(z.strictObject({ Name: z.string(), SoftLimit: whole, HardLimit: whole })).default([]),
  LinuxParameters: z
    .strictObject({
      InitProcessEnabled: z.boolean().default(false),
      Tmpfs: z
        .array(
          z.strictObject({ ContainerPath: z.string(), Size: whole, MountOptions: z.array(z.string()).default([]) }),
        )
        .default([]),
      Capabilities: z
        .strictObject({ Add: z.array(z.string()).default([]), Drop: z.array(z.string()).default([]) })
        .default({ Add: [], Drop: [] }),
    })
    .default({ InitProcessEnabled: false, Tmpfs: [], Capabilities: { Add: [], Drop: [] } }),
  LogConfiguration: z
    .strictObject({
      LogDriver: z.string(),
      Options: z.record(z.string(), value).default({}),
      SecretOptions: z.array(z.strictObject({ Name: z.string(), ValueFrom: value })).default([]),
    })
    .optional(),
  // Of these a rehearsal has no use: it waits for what is beside the job by itself, and all are on the host's network.
  Essential: z.boolean().default(true),
  DependsOn: z.array(z.unknown()).default([]),
  PortMappings: z.array(z.unknown()).default([]),
  HealthCheck: z.unknown().optional(),
  MountPoints: none.optional(),
  VolumesFrom: none.optional(),
});

const taskSchema = z.looseObject({
  Family: value.optional(),
  Cpu: whole.optional(),
  Memory: whole.optional(),
  Volumes: none.optional(),
  RuntimePlatform: z.looseObject({ CpuArchitecture: z.string().optional() }).optional(),
  ContainerDefinitions: z.array(z.looseObject({ Name: z.string(), Essential: z.boolean().default(true) })),
});

const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.unknown().optional() })),
});

export type AppContainer = z.output<typeof appSchema>;

export interface TaskDefinition {
  /** In the template. */
  readonly id: string;
  readonly app: AppContainer;
  /** Names of the containers beside it, and whether the task ends with them. */
  readonly beside: readonly { readonly name: string; readonly isEssential: boolean }[];
  /** Of the whole task: 1024 are one vCPU. */
  readonly cpu: number | undefined;
  readonly memoryMb: number | undefined;
  readonly architecture: string | undefined;
}

/** All that have a container named `app`. @throws RehearsalError when the template or one of them does not fit */
export function findTaskDefinitions(template: unknown): readonly TaskDefinition[] {
  const { Resources: resources } = parsed(templateSchema, template, 'the template');
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::ECS::TaskDefinition')
    .flatMap(([id, { Properties }]) => {
      const task = parsed(taskSchema, Properties, id);
      const app = task.ContainerDefinitions.find(({ Name }) => Name === appName);
      if (app === undefined) return [];
      return {
        id,
        app: parsed(appSchema, app, `${id}, container ${appName}`),
        beside: task.ContainerDefinitions.filter((each) => each !== app).map(({ Name, Essential }) => ({
          name: Name,
          isEssential: Essential,
        })),
        cpu: task.Cpu,
        memoryMb: task.Memory,
        architecture: task.RuntimePlatform?.CpuArchitecture,
      };
    });
}

/** @throws RehearsalError when there is no such file, or it holds something else */
export async function readTemplate(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new RehearsalError(`expected a CloudFormation template in JSON at ${path}, got none; run: npm run package`, {
      cause,
    });
  }
}

function parsed<TSchema extends z.ZodType>(schema: TSchema, given: unknown, what: string): z.output<TSchema> {
  const { data, error } = schema.safeParse(given);
  if (error === undefined) return data;
  const problems = error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  throw new RehearsalError(`${what} cannot be rehearsed: ${problems.join('; ')}`);
}
