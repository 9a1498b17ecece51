/** What a run's output ends with. */
import { type Summary, summarySchema } from '@stint/sdk';
import type { Ended } from '../testing/follow-child.ts';

/** Of a task: its last line holds it. */
export function summaryOfTask({ stdout }: Ended): Summary | undefined {
  return summaryIn(parseJson<{ summary?: unknown }>(lastLine(stdout))?.summary);
}

export function summaryIn(value: unknown): Summary | undefined {
  return summarySchema.safeParse(value).data;
}

export function lastWords({ stdout, stderr }: Ended): string {
  const last = lastLine(stderr) || lastLine(stdout);
  return parseJson<{ msg?: string }>(last)?.msg ?? last;
}

export function parseJson<TValue>(text: string): TValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    // A line that a kill cut off, or an error of Node's own.
    return undefined;
  }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

/** The variables of a task that a request comes to. */
export function taskVariables({
  environment,
  scope,
  dryRun = false,
  scheduledTime,
}: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly scope?: unknown;
  readonly dryRun?: boolean;
  readonly scheduledTime?: string;
}): Readonly<Record<string, string | undefined>> {
  return {
    ...environment,
    ...(scope !== undefined && { STINT_SCOPE: JSON.stringify(scope) }),
    ...(dryRun && { STINT_DRY_RUN: 'true' }),
    ...(scheduledTime !== undefined && { STINT_SCHEDULED_TIME: scheduledTime }),
  };
}
