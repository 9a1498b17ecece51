/** The monitors as resources of Datadog's type for CloudFormation, 4.9 or later, which the account has to have activated. */
import type { Job } from '@stint/sdk';
import type { Resource, Resources } from './cloudformation.ts';
import { type Monitor, monitorsOf } from './monitors.ts';
import { jobIds } from './names.ts';
import type { Plan } from './plan.ts';

export function monitorResources(plan: Plan, job: Job): Resources {
  const { monitor } = jobIds(job.name);
  return Object.fromEntries([...monitorsOf(plan, job)].map(([kind, made]) => [monitor(kind), toResource(made)]));
}

function toResource({ name, type, query, message, tags, priority, options }: Monitor): Resource {
  return {
    Type: 'Datadog::Monitors::Monitor',
    Properties: {
      Name: name,
      Type: type,
      Query: query,
      Message: message,
      Tags: tags,
      Priority: priority,
      Options: {
        Thresholds: { Critical: options.thresholds.critical },
        IncludeTags: options.include_tags,
        RequireFullWindow: options.require_full_window,
        OnMissingData: options.on_missing_data,
      },
    },
  };
}
