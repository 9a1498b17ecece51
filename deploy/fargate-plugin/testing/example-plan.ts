/** The plan of the example's stage, which tests change where they want to. */
import { readFileSync } from 'node:fs';
import { jobs } from '@stint/jobs/registry';
import { defineJob, type Job, type JobDefinition } from '@stint/sdk';
import type { z } from 'zod';
import type { Resource, Template } from '../cloudformation.ts';
import type { Plan } from '../plan.ts';
import { readSettings } from '../settings.ts';

const file = new URL('../../stages/example.json', import.meta.url);

/** As it is in the file, to be changed freely. */
export function exampleGiven(): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8'));
}

export interface PlanChanges {
  /** @default those of the registry */
  readonly jobs?: readonly Job[];
  /** Over those of the file. @default none */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** @default 'example' */
  readonly stage?: string;
}

export function examplePlan({
  jobs: others = jobs,
  settings: changes = {},
  stage = 'example',
}: PlanChanges = {}): Plan {
  const { settings, problems } = readSettings({ ...exampleGiven(), ...changes }, 'the example');
  if (settings === undefined) throw new Error(problems.join('\n'));
  return { jobs: others, settings, place: { service: 'stint', stage } };
}

type Definition = JobDefinition<z.ZodObject, z.ZodObject, string>;

/** A job that does nothing. */
export function idleJob(definition: Partial<Definition> = {}): Job {
  return defineJob({ name: 'idle', summary: 'Does nothing.', run: async () => {}, ...definition });
}

/** @throws Error when it is not there */
export function resourceOf({ Resources }: Template, id: string): Resource {
  const resource = Resources[id];
  if (resource === undefined) throw new Error(`expected a resource ${id}, got ${Object.keys(Resources).join(', ')}`);
  return resource;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read what a template holds by its path.
export function propertiesOf(template: Template, id: string): any {
  return resourceOf(template, id).Properties;
}
