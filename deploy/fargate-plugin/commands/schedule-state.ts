/** Whether a job's schedule is there, and turned on. */
import type { Job } from '@stint/sdk';
import { familyName } from '../names.ts';
import { look } from './look.ts';
import type { JobsWorld } from './world.ts';

export interface ScheduleState {
  /** `none`: the job has no schedule; `missing`: it has one, the account has none. */
  readonly state: 'on' | 'off' | 'missing' | 'none';
  /** As the account has it: `rate(15 minutes)`. */
  readonly expression: string | null;
}

/** @param group the schedules' group. */
export async function scheduleState(
  { clients, place, signal }: JobsWorld,
  { name, schedule }: Job,
  group: string | undefined,
): Promise<ScheduleState> {
  if (schedule === undefined) return { state: 'none', expression: null };
  const Name = familyName(place, name);
  const ask =
    schedule.by === 'rule'
      ? async () => (await clients.events()).describeRule({ Name }, { abortSignal: signal })
      : async () =>
          (await clients.scheduler()).getSchedule(
            { Name, ...(group === undefined ? {} : { GroupName: group }) },
            { abortSignal: signal },
          );
  const found = await look<{ readonly State?: string | undefined; readonly ScheduleExpression?: string | undefined }>(
    ask,
  );
  if (found === undefined) return { state: 'missing', expression: null };
  return { state: found.State === 'DISABLED' ? 'off' : 'on', expression: found.ScheduleExpression ?? null };
}
