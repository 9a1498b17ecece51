/**
 * The attempts of a run in PostgreSQL, as expressions: they change in the very statement that claims or ends it, which a
 * fence or a repeated call lets through once or not at all.
 */
import { mostAttempts } from './attempts.ts';

// How a session writes dates is its own affair; this is ISO 8601 in any.
const now = `to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** `attempts` with one more, without the oldest if there are enough. All arguments are expressions. */
export function attemptsWith(attempts: string, attempt: string, holder: string, fromCheckpoint: string): string {
  return `(case when jsonb_array_length(${attempts}) < ${mostAttempts} then ${attempts} else ${attempts} - 0 end)
    || jsonb_build_array(jsonb_build_object('attempt', ${attempt}, 'holder', ${holder}::text, 'startedAt', ${now},
      'fromCheckpoint', ${fromCheckpoint}))`;
}

/** The column with the end of the run's present attempt. One that an older Stint began is not there: nothing changes then. */
export function attemptsEnded(status: string, reason: string): string {
  return `case when (attempts -> -1 ->> 'attempt')::integer = attempt then
      (attempts - -1) || jsonb_build_array((attempts -> -1) || jsonb_build_object('endedAt', ${now},
        'status', ${status}::text, 'reason', ${reason}::text, 'toCheckpoint', checkpoint_seq))
    else attempts end`;
}
