/** The group that a template puts its schedules into. */
import { resolveText, unknown } from './resolve-value.ts';
import type { RegionalPlace, Template } from './world.ts';

/** Undefined: the account's default, or none has a name that is known before it is deployed. */
export function scheduleGroup(template: Template, place: RegionalPlace): string | undefined {
  const schedule = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::Scheduler::Schedule');
  const group = schedule?.Properties?.GroupName;
  if (group === undefined) return undefined;
  const name = resolveText(group, { template, place });
  return name.includes(unknown) ? undefined : name;
}
