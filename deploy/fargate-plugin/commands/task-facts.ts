/** Facts of a task definition, as a template has it and as ECS tells it. */
import type { Fact, Facts } from './differences.ts';
import type { Plain } from './resolve-value.ts';

/** As ECS writes it; also made of a template by `camelKeys`. */
export interface TaskDefinitionShape {
  readonly cpu?: string | number | undefined;
  readonly memory?: string | number | undefined;
  readonly networkMode?: string | undefined;
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
  readonly ephemeralStorage?: { readonly sizeInGiB?: string | number | undefined } | undefined;
  readonly runtimePlatform?: { readonly cpuArchitecture?: string | undefined } | undefined;
  readonly containerDefinitions?: readonly ContainerShape[] | undefined;
}

interface ContainerShape {
  readonly name?: string | undefined;
  readonly image?: string | undefined;
  readonly essential?: boolean | string | undefined;
  readonly stopTimeout?: string | number | undefined;
  readonly user?: string | undefined;
  readonly readonlyRootFilesystem?: boolean | string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly environment?:
    | readonly { readonly name?: string | undefined; readonly value?: string | undefined }[]
    | undefined;
  readonly secrets?:
    | readonly { readonly name?: string | undefined; readonly valueFrom?: string | undefined }[]
    | undefined;
}

export function taskFacts(definition: TaskDefinitionShape): Facts {
  const { cpu, memory, networkMode, taskRoleArn, executionRoleArn, ephemeralStorage, runtimePlatform } = definition;
  const facts = new Map<string, Fact>();
  const put = (name: string, value: unknown, hidden = false) => {
    if (value !== undefined) facts.set(name, { value: String(value), hidden });
  };
  put('cpu', cpu);
  put('memory', memory);
  put('network mode', networkMode);
  put('task role', taskRoleArn);
  put('execution role', executionRoleArn);
  put('disk', ephemeralStorage?.sizeInGiB);
  put('architecture', runtimePlatform?.cpuArchitecture);
  for (const container of definition.containerDefinitions ?? []) {
    const { name = 'unnamed', environment = [], secrets = [], command } = container;
    put(`container ${name}`, 'it');
    put(`${name}'s image`, container.image);
    put(`${name}'s command`, command?.join(' '));
    put(`${name}'s essential`, container.essential);
    put(`${name}'s stop timeout`, container.stopTimeout);
    put(`${name}'s user`, container.user);
    put(`${name}'s read-only root`, container.readonlyRootFilesystem);
    for (const variable of environment) put(`${name}'s variable ${variable.name}`, variable.value ?? '', true);
    for (const secret of secrets) put(`${name}'s secret ${secret.name}`, secret.valueFrom ?? '', true);
  }
  return facts;
}

/** Whether there is to be no other of its kind than the template's. */
export function isOnlyTemplates(name: string): boolean {
  return /^container |'s (variable|secret) |^disk$/.test(name);
}

/** Keys as ECS writes them in place of CloudFormation's. */
export function camelKeys(value: Plain): unknown {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(camelKeys);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.charAt(0).toLowerCase() + key.slice(1), camelKeys(each as Plain)]),
  );
}
