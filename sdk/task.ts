/** What the task that a job runs in is given: its size, and the tables that its role may touch. */
import { checkAll } from './definition-problems.ts';
import { DefinitionError } from './errors.ts';

export interface Task {
  /** CPU units, 1,024 of which are a vCPU: one of Fargate's sizes. @default 512 */
  readonly cpu?: number;
  /** For all containers of the task together, in MiB: one that Fargate has for this `cpu`. @default 1_024 */
  readonly memoryMb?: number;
  /** Ephemeral storage, in GiB, from 21 to 200. @default 20, which is what Fargate gives */
  readonly diskGb?: number;
  /** @default 'arm64' */
  readonly architecture?: Architecture;
  /** Runs on spare capacity, which costs less and may be taken away at two minutes' notice. @default false */
  readonly spot?: boolean;
}

export type Architecture = 'arm64' | 'x64';
export type Access = 'read' | 'write';
/** DynamoDB tables of the job, as it names them, and what it does there; who may write may read too. */
export type Tables = Readonly<Record<string, Access>>;

export interface ResolvedTask {
  readonly cpu: number;
  readonly memoryMb: number;
  readonly diskGb: number;
  readonly architecture: Architecture;
  readonly spot: boolean;
}

interface MemorySizes {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** Of Fargate on Linux, in MiB by CPU units. */
const memorySizes: ReadonlyMap<number, MemorySizes> = new Map([
  [256, { min: 512, max: 2_048, step: 512 }],
  [512, { min: 1_024, max: 4_096, step: 1_024 }],
  [1_024, { min: 2_048, max: 8_192, step: 1_024 }],
  [2_048, { min: 4_096, max: 16_384, step: 1_024 }],
  [4_096, { min: 8_192, max: 30_720, step: 1_024 }],
  [8_192, { min: 16_384, max: 61_440, step: 4_096 }],
  [16_384, { min: 32_768, max: 122_880, step: 8_192 }],
]);
// 256 has 1.5 GiB left out.
const notSold: ReadonlySet<string> = new Set(['256 1536']);
const disks = { given: 20, min: 21, max: 200 };

/** @throws DefinitionError for a task that Fargate does not have */
export function resolveTask(job: string, task: Task = {}): ResolvedTask {
  const { cpu = 512, memoryMb = 1_024, diskGb = disks.given, architecture = 'arm64', spot = false } = task;
  const refuse = (what: string, expected: string, got: unknown): never => {
    throw new DefinitionError(`expected ${job}'s task.${what} to be ${expected}, got ${JSON.stringify(got)}`);
  };
  checkAll(
    () => {
      const sizes = memorySizes.get(cpu);
      if (sizes === undefined) return refuse('cpu', `one of Fargate's: ${[...memorySizes.keys()].join(', ')}`, cpu);
      const { min, max, step } = sizes;
      const fits = Number.isInteger(memoryMb) && memoryMb >= min && memoryMb <= max && (memoryMb - min) % step === 0;
      if (!fits || notSold.has(`${cpu} ${memoryMb}`))
        refuse('memoryMb', `${min} to ${max} in steps of ${step}, which is what Fargate has for cpu ${cpu}`, memoryMb);
    },
    () => {
      if (diskGb !== disks.given && !(Number.isInteger(diskGb) && diskGb >= disks.min && diskGb <= disks.max))
        refuse('diskGb', `a whole number from ${disks.min} to ${disks.max}`, diskGb);
    },
    () => {
      if (architecture !== 'arm64' && architecture !== 'x64') refuse('architecture', '"arm64" or "x64"', architecture);
    },
    () => {
      if (typeof spot !== 'boolean') refuse('spot', 'true or false', spot);
    },
  );
  return { cpu, memoryMb, diskGb, architecture, spot };
}

const tableName = /^[\w.-]{3,255}$/;

/** @throws DefinitionError for a name that no table can have, or an access that is none */
export function checkTables(job: string, tables: Tables): void {
  for (const [name, access] of Object.entries(tables)) {
    if (!tableName.test(name))
      throw new DefinitionError(
        `expected ${job}'s tables to have names of 3 to 255 letters, digits, "_", "-", ".", got ${JSON.stringify(name)}`,
      );
    if (access !== 'read' && access !== 'write')
      throw new DefinitionError(
        `expected ${job}'s tables.${name} to be "read" or "write", got ${JSON.stringify(access)}`,
      );
  }
}
