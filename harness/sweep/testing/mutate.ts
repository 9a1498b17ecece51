/**
 * Runs a program on an SDK with one line changed: `node --import <mutateBy(name)> <program>`.
 *
 * Guarantees: nothing but the text named by the mutant is changed, in memory alone; the program fails when that text is not there exactly
 * once, or when it ended without having loaded the file, so that a mutant can never be what it was made from. Programs that it starts
 * by `fork` are changed as well.
 */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../../repository.ts';
import { type EngineMutant, engineMutants, type MutantName } from './engine-mutants.ts';

const parameter = 'mutant';

/** What `--import` takes to change the SDK so. */
export function mutateBy(name: MutantName): string {
  const url = new URL(import.meta.url);
  url.searchParams.set(parameter, name);
  return url.href;
}

function mutate({ file, text, by }: EngineMutant): void {
  const url = pathToFileURL(join(repositoryRoot, 'sdk', file)).href;
  let loaded = false;
  registerHooks({
    load(asked, context, next) {
      const module = next(asked, context);
      if (asked !== url) return module;
      const parts = String(module.source).split(text);
      if (parts.length !== 2)
        throw new Error(`expected sdk/${file} to hold this text once, got ${parts.length - 1}: ${text}`);
      loaded = true;
      return { ...module, source: parts.join(by) };
    },
  });
  process.on('exit', () => {
    if (loaded) return;
    console.error(`expected the program to load sdk/${file}, which the mutant changes; it did not`);
    process.exitCode = 1;
  });
}

const name = new URL(import.meta.url).searchParams.get(parameter);
if (name !== null) {
  const mutant = (engineMutants as Readonly<Record<string, EngineMutant>>)[name];
  if (mutant === undefined) throw new Error(`expected a mutant of engine-mutants.ts, got "${name}"`);
  mutate(mutant);
}
