/** The registry, loaded so that definitions that cannot be right are problems among the others, and no stack trace. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as registry from '@stint/jobs/registry';
import { type Job, StintError } from '@stint/sdk';

export interface LoadedJobs {
  /** Undefined: there are problems. */
  readonly jobs: readonly Job[] | undefined;
  readonly problems: readonly string[];
}

const require = createRequire(import.meta.url);
const registryName = '@stint/jobs/registry';

/** At once: Serverless wants to know which commands there are when it makes the plugin, and each job has one. */
export function loadJobs(): LoadedJobs {
  const problems = problemsOf(registryName);
  if (problems.length === 0) {
    const { jobs }: typeof registry = require(registryName);
    return { jobs, problems };
  }
  // A module that throws takes those that import it along: of the registry that is the first alone.
  const found = jobModules().flatMap(problemsOf);
  return { jobs: undefined, problems: [...new Set([...found, ...problems])] };
}

/** Of each job that has a folder beside the registry, as `stint new` makes it. */
function jobModules(): readonly string[] {
  const folder = dirname(require.resolve(registryName));
  return readdirSync(folder)
    .map((name) => join(folder, name, 'job.ts'))
    .filter((file) => existsSync(file));
}

/** What a module has against being loaded, a line each. @throws any error that is not about a definition */
function problemsOf(module: string): readonly string[] {
  try {
    require(module);
    return [];
  } catch (error) {
    if (error instanceof StintError) return error.message.split('\n');
    throw error;
  }
}
