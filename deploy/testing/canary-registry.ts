/** Imported before a program, this gives it the canary for the registry of jobs. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === '@stint/jobs/registry' ? new URL('canary-jobs.ts', import.meta.url).href : specifier, context),
});
