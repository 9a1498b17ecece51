/**
 * The Serverless plugin: makes the template of `package` and `deploy` from the registry of jobs and `custom.fargate`.
 *
 * Guarantees: before anything is written, all that does not fit is told, a line each, and the command ends with another code
 * than 0. Needs no network and no credentials.
 */
import { checkPlan } from './check-plan.ts';
import { loadJobs } from './load-jobs.ts';
import type { Plan } from './plan.ts';
import type { Hook, Serverless } from './serverless.ts';
import { readSettings } from './settings.ts';
import { makeTemplate } from './template.ts';

/** Of CloudFormation, for a stack. */
const mostResources = 500;

export default class FargatePlugin {
  readonly hooks: Readonly<Record<string, Hook>>;
  readonly #serverless: Serverless;
  #template: ReturnType<typeof makeTemplate> | undefined;

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    this.hooks = {
      'before:package:cleanup': async () => {
        this.#template = makeTemplate(await this.plan());
        this.#checkSize(Object.keys(this.#template.Resources).length);
      },
      'before:package:finalize': () => this.#addTemplate(),
    };
  }

  /** @throws Error of Serverless with a line for each thing that does not fit */
  async plan(): Promise<Plan> {
    const { service } = this.#serverless;
    const place = { service: service.service, stage: this.#serverless.getProvider('aws').getStage() };
    const file = `deploy/stages/${place.stage}.json`;
    const { jobs, problem } = await loadJobs();
    const { settings, problems } = readSettings(givenSettings(service.custom), file);
    const found = problem === undefined ? [...problems] : [problem, ...problems];
    if (jobs !== undefined && settings !== undefined) {
      const plan = { jobs, settings, place };
      found.push(...checkPlan(plan, file));
      if (found.length === 0) return plan;
    }
    throw this.#refusal(place.stage, found);
  }

  #addTemplate(): void {
    const template = this.#template;
    if (template === undefined) return;
    const { compiledCloudFormationTemplate: compiled } = this.#serverless.service.provider;
    Object.assign(compiled.Resources, template.Resources);
    Object.assign(compiled.Outputs, template.Outputs);
  }

  #checkSize(resources: number): void {
    if (resources <= mostResources) return;
    throw this.#refusal(this.#serverless.getProvider('aws').getStage(), [
      `expected at most ${mostResources} resources, which is what CloudFormation takes, got ${resources}; keep monitors out of the template`,
    ]);
  }

  #refusal(stage: string, lines: readonly string[]): Error {
    const text = [`the stage ${stage} cannot be packaged:`, ...lines.map((line) => `- ${line}`)].join('\n');
    return new this.#serverless.classes.Error(text, 'STINT_BAD_DEPLOYMENT');
  }
}

/** `--param image=…` goes before what the file has. */
function givenSettings(custom: Serverless['service']['custom']): unknown {
  const { fargate, image } = custom ?? {};
  if (typeof fargate !== 'object' || fargate === null || typeof image !== 'string' || image === '') return fargate;
  return { ...fargate, image };
}
