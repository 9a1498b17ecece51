/** The commands as osls wants them described. It knows no arguments, only options: each job is a command of its own. */
import type { Job } from '@stint/sdk';

interface Option {
  readonly usage: string;
  readonly type: 'string' | 'boolean' | 'multiple';
}

export interface Command {
  readonly usage: string;
  /** `container`: it does nothing but hold others. */
  readonly type?: 'container';
  readonly lifecycleEvents?: readonly string[];
  readonly options?: Readonly<Record<string, Option>>;
  readonly commands?: Readonly<Record<string, Command>>;
}

const json: Option = { usage: 'One JSON document on standard output', type: 'boolean' };

const runOptions: Readonly<Record<string, Option>> = {
  scope: { usage: 'What the run covers, as JSON: \'{"tenantId":"t-1"}\' (default: everything)', type: 'string' },
  shard: { usage: 'One part of several, of a job that can be spread over tasks: 0/4 to 3/4', type: 'string' },
  limit: { usage: 'At most so many items', type: 'string' },
  'dry-run': { usage: 'Write nothing', type: 'boolean' },
  fresh: { usage: 'Do not go on with an interrupted run', type: 'boolean' },
  resume: { usage: 'Go on with this interrupted run', type: 'string' },
  redrive: { usage: 'Work the failed items of this run again', type: 'string' },
  error: { usage: 'With --redrive: only items whose error has this name or code', type: 'string' },
  wait: { usage: "Follow the task to its end, and exit with its job's code", type: 'boolean' },
  json,
};

/** Those of the commands here that take no value. */
export const commandFlags: ReadonlySet<string> = new Set([
  ...Object.keys(runOptions).filter((name) => runOptions[name]?.type === 'boolean'),
  'verbose',
]);

/** The event of each command: `jobs:plan:go`, `jobs:run:publish-cities:go`. */
export const lifecycleEvent = 'go';
const lifecycleEvents = [lifecycleEvent];

export function commandDefinitions(jobs: readonly Job[]): { readonly jobs: Command } {
  const runs = jobs.map(({ name, summary }): [string, Command] => [
    name,
    { usage: summary, lifecycleEvents, options: runOptions },
  ]);
  return {
    jobs: {
      usage: 'The jobs, their schedules and their tasks',
      type: 'container',
      commands: {
        plan: {
          usage: 'What will be scheduled, and for about how much; needs no account',
          lifecycleEvents,
          options: {
            duration: { usage: 'How long a run takes: 10m, or publish-cities=40m (default: 5m)', type: 'multiple' },
            json,
          },
        },
        run: { usage: 'Start a task of a job', type: 'container', commands: Object.fromEntries(runs) },
        status: { usage: 'The schedules, and the tasks of the last hour', lifecycleEvents, options: { json } },
        check: { usage: 'Whether the account is as the jobs and the settings say', lifecycleEvents, options: { json } },
        monitors: { usage: "The monitors, for Datadog's API", lifecycleEvents, options: { json } },
      },
    },
  };
}
