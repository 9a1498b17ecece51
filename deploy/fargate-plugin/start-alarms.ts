/** Alarms of CloudWatch of starts that EventBridge Scheduler could not make: they work when nothing of Stint does. */
import type { Resources } from './cloudformation.ts';
import { ref } from './cloudformation.ts';
import { startAlarm } from './dead-letters.ts';
import { ids } from './names.ts';
import type { Plan } from './plan.ts';

const metrics = {
  TargetErrorCount: 'ECS refused a start, which is tried again',
  InvocationDroppedCount: 'a start was given up',
} as const;

export function startAlarms(plan: Plan): Resources {
  const alarms = Object.entries(metrics).map(([MetricName, about]) => {
    const alarm = startAlarm(
      plan,
      { about, runbook: 'start-failed' },
      {
        Namespace: 'AWS/Scheduler',
        MetricName,
        Dimensions: [{ Name: 'ScheduleGroup', Value: ref(ids.scheduleGroup) }],
        Statistic: 'Sum',
      },
    );
    return [`Scheduler${MetricName}Alarm`, alarm] as const;
  });
  return Object.fromEntries(alarms);
}
