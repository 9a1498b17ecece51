/** What is asked for on the command line, as the variables that `deploy/environment.ts` reads in the task. */
import { canonicalJson, type Job, parseScope, UsageError } from '@stint/sdk';

/** As they come from the command line. */
export interface RunFlags {
  /** JSON. @default everything */
  readonly scope?: string | undefined;
  /** Of items. @default none */
  readonly limit?: string | undefined;
  /** @default false */
  readonly 'dry-run'?: boolean | undefined;
  /** Whether an interrupted run is left as it is. @default false */
  readonly fresh?: boolean | undefined;
}

/** @throws ScopeError in the task's own words, UsageError */
export function runEnvironment(job: Job, runId: string, flags: RunFlags): Readonly<Record<string, string>> {
  const { scope, limit, 'dry-run': dryRun, fresh } = flags;
  const given = scope === undefined ? {} : parseJson(scope);
  parseScope(job, given);
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new UsageError(`expected --limit to be a whole number from 1 to 999,999,999, got "${limit}"`);
  return {
    STINT_RUN_ID: runId,
    STINT_SCOPE: canonicalJson(given),
    ...(dryRun ? { STINT_DRY_RUN: 'true' } : {}),
    ...(limit === undefined ? {} : { STINT_LIMIT: limit }),
    ...(fresh ? { STINT_FRESH: 'true' } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`expected --scope to be a JSON object like '{"tenantId":"t-1"}', got ${text}`);
  }
}
