/** Where the sidecars tell of themselves. The job's own lines go to Datadog. */
import { attribute, type Resources, tagList } from './cloudformation.ts';
import { ids } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';
import type { Statement } from './role.ts';

export function sidecarLogs(plan: Plan): Resources {
  const { service, stage } = plan.place;
  return {
    [ids.sidecarLogs]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: {
        LogGroupName: `/${service}/${stage}/sidecars`,
        RetentionInDays: plan.settings.logRetentionDays,
        Tags: tagList(tagsOf(plan)),
      },
    },
  };
}

/** `group`: the logical id of a log group, whose ARN ends with that of all its streams. */
export function mayWriteLogs(group: string): Statement {
  return { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [attribute(group, 'Arn')] };
}
