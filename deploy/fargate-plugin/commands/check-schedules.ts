/** Checks the schedules and rules: those of the template, and those that are there for no job any more. */
import type { CheckGround } from './check.ts';
import { look } from './look.ts';
import { resolveText, resolveValue, unknown } from './resolve-value.ts';
import {
  isNoneElse,
  type RuleShape,
  ruleFacts,
  type ScheduleShape,
  scheduleFacts,
  type TargetShape,
} from './schedule-facts.ts';
import { scheduleGroup } from './schedule-group.ts';
import type { Resource } from './world.ts';

/** Resolves with the roles that the account's schedule has. */
export async function checkSchedule({ Properties = {} }: Resource, ground: CheckGround): Promise<readonly string[]> {
  const { clients, template, place, differences, signal } = ground;
  const Name = resolveText(Properties.Name, ground);
  const GroupName = scheduleGroup(template, place);
  const scheduler = await clients.scheduler();
  const found = await look(() =>
    scheduler.getSchedule({ Name, ...(GroupName && { GroupName }) }, { abortSignal: signal }),
  );
  if (found === undefined) {
    differences.add(`schedule ${Name}`, 'one', 'none');
    return [];
  }
  differences.compare(`schedule ${Name}`, {
    expected: scheduleFacts(resolveValue(Properties, ground) as ScheduleShape),
    actual: scheduleFacts(found),
    only: isNoneElse,
  });
  return found.Target?.RoleArn === undefined ? [] : [found.Target.RoleArn];
}

/** Resolves with the roles that the account's rule has. */
export async function checkRule({ Properties = {} }: Resource, ground: CheckGround): Promise<readonly string[]> {
  const { clients, differences, signal } = ground;
  const Name = resolveText(Properties.Name, ground);
  const events = await clients.events();
  const found = await look(() => events.describeRule({ Name }, { abortSignal: signal }));
  if (found === undefined) {
    differences.add(`rule ${Name}`, 'one', 'none');
    return [];
  }
  const { Targets = [] } = await events.listTargetsByRule({ Rule: Name }, { abortSignal: signal });
  const expected = resolveValue(Properties, ground) as RuleShape & { readonly Targets?: readonly TargetShape[] };
  differences.compare(`rule ${Name}`, {
    expected: ruleFacts(expected, expected.Targets ?? []),
    actual: ruleFacts(found, Targets),
    only: isNoneElse,
  });
  return Targets.flatMap(({ RoleArn }) => RoleArn ?? []);
}

/** Schedules of jobs that are no longer in the registry go on starting them. */
export async function checkSurplus(ground: CheckGround): Promise<void> {
  const { clients, place, differences, signal } = ground;
  const NamePrefix = `${place.service}-${place.stage}-`;
  const known = new Set(named(ground).map((resource) => resolveText(resource.Properties?.Name, ground)));
  const GroupName = scheduleGroup(ground.template, place);
  const scheduler = await clients.scheduler();
  const schedules = await everyPage(async (NextToken) => {
    const request = { ...(GroupName ? { GroupName } : { NamePrefix }), ...(NextToken && { NextToken }) };
    // Of a group that is not there Scheduler lists nothing, not even none.
    const found = await look(() => scheduler.listSchedules(request, { abortSignal: signal }));
    return { names: found?.Schedules?.map(({ Name }) => Name) ?? [], next: found?.NextToken };
  });
  const events = await clients.events();
  const rules = await everyPage(async (NextToken) => {
    const request = { NamePrefix, ...(NextToken && { NextToken }) };
    const { Rules = [], NextToken: next } = await events.listRules(request, { abortSignal: signal });
    // Rules that wait for events start no job.
    return { names: Rules.filter((rule) => rule.ScheduleExpression).map(({ Name }) => Name), next };
  });
  for (const name of schedules) if (!known.has(name)) differences.add(`schedule ${name}`, 'none', 'one');
  for (const name of rules) if (!known.has(name)) differences.add(`rule ${name}`, 'none', 'one');
}

/** Schedules and rules whose name is known before they are deployed. */
export function named(ground: CheckGround): readonly Resource[] {
  return Object.values(ground.template.Resources).filter(
    ({ Type, Properties }) =>
      (Type === 'AWS::Scheduler::Schedule' || Type === 'AWS::Events::Rule') &&
      Properties?.Name !== undefined &&
      !resolveText(Properties.Name, ground).includes(unknown),
  );
}

async function everyPage(
  page: (token: string | undefined) => Promise<{ names: readonly (string | undefined)[]; next: string | undefined }>,
): Promise<readonly string[]> {
  const all: string[] = [];
  let token: string | undefined;
  do {
    const { names, next } = await page(token);
    all.push(...names.filter((name) => name !== undefined));
    token = next;
  } while (token);
  return all;
}
