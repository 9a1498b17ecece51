/** The one place in deploy that reads the process's environment. */
import { type EnvironmentValues, type Trigger, UsageError } from '@stint/sdk';

export const environment: EnvironmentValues = process.env;

// `Date.parse` alone takes "7" for a time too.
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** `STINT_SCOPE`, a JSON object. @default {} (everything) */
export function scopeFrom({ STINT_SCOPE }: EnvironmentValues): unknown {
  if (!STINT_SCOPE) return {};
  try {
    return JSON.parse(STINT_SCOPE);
  } catch {
    throw new UsageError(
      `expected STINT_SCOPE to be a JSON object like {"tenantId":"t-1"}, got ${STINT_SCOPE.length} characters that are no JSON`,
    );
  }
}

/** `STINT_SCHEDULED_TIME`, set by the scheduler: a run without it was started by hand. */
export function triggerFrom({ STINT_SCHEDULED_TIME }: EnvironmentValues): Trigger {
  if (!STINT_SCHEDULED_TIME) return { kind: 'manual', by: 'task' };
  if (!isoTime.test(STINT_SCHEDULED_TIME) || Number.isNaN(Date.parse(STINT_SCHEDULED_TIME))) {
    throw new UsageError(
      'expected STINT_SCHEDULED_TIME to be an ISO 8601 time like 2026-09-30T06:00:00Z; what it holds is none',
    );
  }
  // In one form: a start is known again by its time.
  return { kind: 'schedule', by: 'scheduler', scheduledTime: new Date(STINT_SCHEDULED_TIME).toISOString() };
}
