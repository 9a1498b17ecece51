/** `npx serverless package` in a copy of this repository, with neither network nor credentials, and `deploy` to a test's own AWS; removed on dispose. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../../harness/testing/program.ts';
import { copyRepository } from '../../../harness/testing/repository-copy.ts';
import type { Template } from '../cloudformation.ts';

export interface PackageResult {
  readonly code: number | null;
  /** All that it wrote, without colours. */
  readonly text: string;
  /** Undefined: nothing was written. */
  readonly template: Template | undefined;
}

export interface PackageOptions {
  /** @default 'example' */
  readonly stage?: string;
  /** After those of the stage. @default none */
  readonly args?: readonly string[];
}

/** Ends the process when something is to be connected to but a pipe or a server of the test's own: a refused proxy might be passed by. */
const noNetwork = `
import { Socket } from 'node:net';
const { connect } = Socket.prototype;
Socket.prototype.connect = function (...given) {
  const [options] = given.flat();
  const isPipe = typeof options?.path === 'string';
  if (isPipe || process.env.AWS_ENDPOINT_URL === 'http://' + options?.host + ':' + options?.port) return connect.apply(this, given);
  process.stderr.write('the network was asked for');
  process.exit(99);
};`;
const template = '.serverless/cloudformation-template-update-stack.json';

export function copyToPackage() {
  const scratch = copyRepository();
  const at = (path: string) => join(scratch.path, path);
  const root = new URL('../../../', import.meta.url);
  cpSync(new URL('deploy', root), at('deploy'), {
    recursive: true,
    filter: (source) => !source.includes('.serverless'),
  });
  symlinkSync(at('deploy'), at('node_modules/@stint/deploy'));
  mkdirSync(at('home'));
  const home = {
    HOME: at('home'),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(noNetwork)}`,
  };
  const proxy = 'http://127.0.0.1:1';
  const nowhere = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  async function run(command: readonly string[], env: Readonly<Record<string, string>>): Promise<PackageResult> {
    const started = at('deploy');
    rmSync(join(started, '.serverless'), { recursive: true, force: true });
    const { code, stdout, stderr } = await runProgram('../node_modules/serverless/bin/serverless.js', command, {
      root: started,
      env: { ...home, ...env },
    });
    const written = existsSync(join(started, '.serverless'));
    return {
      code,
      text: `${stdout}${stderr}`,
      template: written ? JSON.parse(readFileSync(join(started, template), 'utf8')) : undefined,
    };
  }
  return {
    write: (path: string, text: string) => writeFileSync(at(path), text),
    writeStage: (stage: string, given: unknown) =>
      writeFileSync(at(`deploy/stages/${stage}.json`), JSON.stringify(given)),
    /** Changes a part of the text of a file that is there. */
    edit: (path: string, part: string, other: string) => {
      const text = readFileSync(at(path), 'utf8');
      if (!text.includes(part)) throw new Error(`expected ${path} to have ${part}`);
      writeFileSync(at(path), text.replace(part, other));
    },
    package: ({ stage = 'example', args = [] }: PackageOptions = {}) =>
      run(['package', '--stage', stage, ...args], nowhere),
    /** `environment`: where AWS is, and keys for it. */
    deploy: (environment: Readonly<Record<string, string>>, { stage = 'example', args = [] }: PackageOptions = {}) =>
      run(['deploy', '--stage', stage, ...args], environment),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}
