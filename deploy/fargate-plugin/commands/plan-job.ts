/** What the plan says of one job: all that follows from its definition, the settings and the template. */
import { type Job, nextTimes, type Schedule } from '@stint/sdk';
import { familyName } from '../names.ts';
import { monthlyCost } from './cost.ts';
import type { Prices } from './price-table.ts';
import { runsAMonth } from './runs-a-month.ts';
import { alarmTexts, zoneOf } from './schedule-words.ts';
import type { PlanWorld, Resource } from './world.ts';

export interface PlannedJob {
  readonly job: string;
  readonly summary: string;
  readonly taskDefinition: string;
  readonly schedule: Schedule | null;
  readonly zone: string | null;
  /** In UTC. Of a rate: as if it were deployed now. */
  readonly next: readonly string[];
  readonly task: Job['task'];
  readonly roles: readonly string[];
  readonly tables: Job['tables'];
  /** Their names. */
  readonly secrets: readonly string[];
  readonly alarms: readonly string[];
  readonly runsAMonth: number;
  /** Assumed, of a run. */
  readonly durationMs: number;
  /** In US dollars; null: there is no price for the region. */
  readonly monthlyCost: number | null;
}

const timesShown = 3;

export function planJob(
  job: Job,
  { settings, place, template, clock }: PlanWorld,
  { prices, durationMs }: { readonly prices: Prices | undefined; readonly durationMs: number },
): PlannedJob {
  const { name, summary, schedule, task, tables, secrets } = job;
  const now = new Date(clock.now());
  const runs = runsAMonth(schedule, now);
  const { assignPublicIp } = settings.vpc;
  return {
    job: name,
    summary,
    taskDefinition: familyName(place, name),
    schedule: schedule ?? null,
    zone: schedule === undefined ? null : zoneOf(schedule),
    next:
      schedule === undefined
        ? []
        : nextTimes(schedule, { after: now, count: timesShown }).map((time) => time.toISOString()),
    task,
    roles: rolesOf(familyName(place, name), Object.values(template.Resources)),
    tables,
    secrets,
    alarms: alarmTexts(job),
    runsAMonth: runs,
    durationMs,
    monthlyCost:
      prices === undefined ? null : monthlyCost(prices, { task, runsAMonth: runs, durationMs, assignPublicIp }),
  };
}

/** As the template names them: the task's, its execution's, and the schedule's or rule's. */
function rolesOf(family: string, resources: readonly Resource[]): readonly string[] {
  const roles = resources.flatMap(({ Type, Properties = {} }) => {
    if (Type === 'AWS::ECS::TaskDefinition' && Properties.Family === family)
      return [Properties.TaskRoleArn, Properties.ExecutionRoleArn];
    if (Properties.Name !== family) return [];
    const targets = [Properties.Target, Properties.Targets].flat() as ({ readonly RoleArn?: unknown } | undefined)[];
    return targets.map((target) => target?.RoleArn);
  });
  return [...new Set(roles.map(roleName).filter((name) => name !== undefined))];
}

function roleName(reference: unknown): string | undefined {
  if (typeof reference === 'string') return reference.slice(reference.lastIndexOf('/') + 1);
  const got = (reference as { readonly 'Fn::GetAtt'?: unknown } | undefined)?.['Fn::GetAtt'];
  const id = Array.isArray(got) ? got[0] : String(got ?? '').split('.')[0];
  return id === '' || id === undefined ? undefined : String(id);
}
