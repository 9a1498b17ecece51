/**
 * `npm run rehearse -- [jobs…]`: rehearses the tasks of a packaged template in containers of our image, and prints what each has shown.
 *
 *   --template <path>          @default deploy/.serverless/cloudformation-template-update-stack.json, else a sample of one
 *   --image <image>            @default the one that `npm run image` built last
 *   --parameter <name=value>   what the template refers to
 *   --env <name=value>         a variable or a secret, over what the rehearsal gives
 *
 * Exit code 0: all is so. 1: something is not, or it could not be begun.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { describeError, findJob, type Job, stopOnSignals } from '@stint/sdk';
import { Command } from 'commander';
import { environment } from '../cli/environment.ts';
import { print } from '../cli/print.ts';
import { defaultFirst } from '../fixture/default-case.ts';
import { listCases } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { startContainersStack } from '../stack/containers-stack.ts';
import { ownImage } from '../testing/own-image.ts';
import type { Check } from './checks.ts';
import { rehearse } from './rehearse.ts';
import { sampleTemplate } from './sample-template.ts';
import { findTaskDefinitions, readTemplate, type TaskDefinition } from './task-definition.ts';

interface Flags {
  readonly template?: string;
  readonly image?: string;
  readonly parameter: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

interface Scene {
  readonly title: string;
  readonly job: Job;
  readonly definition: TaskDefinition;
  readonly directory: string;
  readonly isStopped: boolean;
}

const packaged = join(repositoryRoot, 'deploy/.serverless/cloudformation-template-update-stack.json');

const program = new Command('npm run rehearse --')
  .argument('[jobs...]', 'rehearse only these')
  .option('--template <path>', 'a CloudFormation template in JSON')
  .option('--image <image>', 'the image to run')
  .option('--parameter <name=value>', 'what the template refers to', addPair, {})
  .option('--env <name=value>', 'a variable or a secret', addPair, {})
  .action(async (names: readonly string[]) => {
    using signals = stopOnSignals();
    process.exitCode = await rehearseAll(names, program.opts<Flags>(), signals.signal).catch((error: unknown) => {
      process.stderr.write(`${describeError(error).message}\n`);
      return 1;
    });
  });
await program.parseAsync();

async function rehearseAll(names: readonly string[], flags: Flags, signal: AbortSignal): Promise<number> {
  const image = flags.image ?? ownImage();
  const definitions = findTaskDefinitions(await templateOf(flags));
  const chosen = names.length === 0 ? jobs : names.map((name) => findJob(jobs, name));
  const scenes = (await Promise.all(chosen.map((job) => scenesOf(job, definitions)))).flat();
  const onStatus = (line: string) => process.stderr.write(`stack: ${line}\n`);
  await using stack = await startContainersStack({ environment, signal, onStatus });
  let failed = 0;
  for (const scene of scenes) {
    const { parameter: parameters, env } = flags;
    print(`\n${scene.title}`);
    const checks = await rehearse({ ...scene, stack, image, parameters, env, signal });
    for (const check of checks) print(lineOf(check));
    failed += checks.filter(({ problem }) => problem !== undefined).length;
  }
  print(failed === 0 ? `\n${scenes.length} rehearsals of ${image}: all is so` : `\n${failed} checks failed`);
  return failed === 0 ? 0 : 1;
}

async function templateOf({ template }: Flags): Promise<unknown> {
  if (template === undefined && !existsSync(packaged)) {
    print('no template was packaged (npm run package): by a sample of one');
    return sampleTemplate(jobs);
  }
  return await readTemplate(template ?? packaged);
}

/** One that goes well, one with items of all kinds, and one that is stopped in mid-run if there is something to slow it down by. */
async function scenesOf(job: Job, definitions: readonly TaskDefinition[]): Promise<readonly Scene[]> {
  const definition = definitions.find(({ app }) => app.Command.at(-1) === job.name);
  if (definition === undefined)
    return Promise.reject(
      new Error(`expected a task definition that runs ${job.name}, got none; package the template anew`),
    );
  const cases = await listCases(join(repositoryRoot, 'fixtures'), job.name);
  const size = [
    definition.cpu === undefined ? '' : `${definition.cpu / 1_024} vCPU`,
    definition.memoryMb === undefined ? '' : `${definition.memoryMb} MB`,
    definition.architecture === undefined ? '' : `${definition.architecture}, which is not looked at here`,
  ].filter(Boolean);
  const scene = (name: string, isStopped: boolean): Scene[] =>
    cases
      .filter((each) => each.name === name)
      .map(({ directory }) => ({
        title: `${job.name}, case ${name}${isStopped ? ', stopped in mid-run' : ''} (${size.join(', ')})`,
        job,
        definition,
        directory,
        isStopped,
      }));
  const [first] = defaultFirst(cases);
  const asks = Object.keys(job.env.shape).length > 0;
  return [...scene('happy', false), ...scene('mixed', false), ...(asks ? scene(first?.name ?? '', true) : [])];
}

function lineOf({ what, problem }: Check): string {
  return problem === undefined ? `  ✔ ${what}` : `  ✘ not so: ${what}; got ${problem}`;
}

function addPair(pair: string, pairs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined)
    return program.error('expected a name and a value, such as AWS::Region=eu-central-1', { exitCode: 64 });
  return { ...pairs, [name]: value };
}
