/**
 * The Serverless plugin: makes the template of `package` and `deploy` from the registry of jobs and `custom.fargate`.
 *
 * Guarantees: before anything is written, all that does not fit is told, a line each, and the command ends with another code
 * than 0. Needs no network and no credentials.
 */
import { checkPlan } from './check-plan.ts';
import type { Template } from './cloudformation.ts';
import { type JobsCommands, jobsCommands } from './commands/index.ts';
import { loadJobs } from './load-jobs.ts';
import { type Monitor, monitorsOf } from './monitors.ts';
import type { Place } from './names.ts';
import type { Plan } from './plan.ts';
import type { Hook, Serverless } from './serverless.ts';
import { readSettings, type Settings } from './settings.ts';
import { makeTemplate } from './template.ts';
import { checkLimits } from './template-limits.ts';

/** What is deployed. */
export interface Deployment {
  readonly settings: Settings;
  readonly place: Place & { readonly region: string };
  readonly template: Template;
  readonly monitors: readonly Monitor[];
}

/** Of the command line, as osls has read them. */
type Flags = Readonly<Record<string, unknown>>;

export default class FargatePlugin {
  readonly commands: JobsCommands['commands'];
  readonly hooks: Readonly<Record<string, Hook>>;
  readonly #serverless: Serverless;
  readonly #flags: Flags;
  readonly #loaded = loadJobs();
  #template: Template | undefined;

  constructor(serverless: Serverless, flags: Flags) {
    this.#serverless = serverless;
    this.#flags = flags;
    const { commands, hooks } = jobsCommands({
      jobs: this.#loaded.jobs ?? [],
      flags,
      input: async () => this.deployment(),
    });
    this.commands = commands;
    this.hooks = {
      ...hooks,
      'before:package:cleanup': () => {
        this.#template = this.deployment().template;
      },
      'before:package:finalize': () => this.#addTemplate(),
    };
  }

  /** @throws Error of Serverless with a line for each thing that does not fit */
  deployment(): Deployment {
    const plan = this.#plan();
    const template = makeTemplate(plan);
    const tooLarge = checkLimits(template);
    if (tooLarge.length > 0) throw this.#refusal(tooLarge);
    return {
      settings: plan.settings,
      place: { ...plan.place, region: this.#serverless.getProvider('aws').getRegion() },
      template,
      monitors: plan.jobs.flatMap((job) => [...monitorsOf(plan, job).values()]),
    };
  }

  #plan(): Plan {
    const { service, custom } = this.#serverless.service;
    const place = { service, stage: this.#stage() };
    const file = `deploy/stages/${place.stage}.json`;
    const { jobs, problems: ofJobs } = this.#loaded;
    const { settings, problems } = readSettings(givenSettings(custom), file);
    const found = [...ofJobs, ...problems, ...unknownParameters(this.#flags)];
    if (jobs !== undefined && settings !== undefined) {
      const plan = { jobs, settings, place };
      found.push(...checkPlan(plan, file));
      if (found.length === 0) return plan;
    }
    throw this.#refusal(found);
  }

  #addTemplate(): void {
    const template = this.#template;
    if (template === undefined) return;
    const { compiledCloudFormationTemplate: compiled } = this.#serverless.service.provider;
    Object.assign(compiled.Resources, template.Resources);
    Object.assign(compiled.Outputs, template.Outputs);
  }

  #stage(): string {
    return this.#serverless.getProvider('aws').getStage();
  }

  #refusal(lines: readonly string[]): Error {
    const text = [`the stage ${this.#stage()} cannot be packaged:`, ...lines.map((line) => `- ${line}`)].join('\n');
    return new this.#serverless.classes.Error(text, 'STINT_BAD_DEPLOYMENT');
  }
}

/** With a misspelt one the image of the stage would be deployed, whichever that is. */
function unknownParameters({ param }: Flags): readonly string[] {
  return [param ?? []]
    .flat()
    .map((given) => String(given).replace(/=.*/s, ''))
    .filter((name) => name !== 'image')
    .map((name) => `--param: expected image=<repository>@sha256:<digest>, got ${name}=…; there is no other`);
}

/** `--param image=…` goes before what the file has. */
function givenSettings(custom: Serverless['service']['custom']): unknown {
  const { fargate, image } = custom ?? {};
  if (typeof fargate !== 'object' || fargate === null || typeof image !== 'string' || image === '') return fargate;
  return { ...fargate, image };
}
