/** Alarms of CloudWatch of starts that EventBridge Scheduler could not make: they work when nothing of Stint does. */
import type { Resources } from './cloudformation.ts';
import { ref } from './cloudformation.ts';
import { startAlarm } from './dead-letters.ts';
import { ids } from './names.ts';
import type { Plan } from './plan.ts';

const metrics = {
  // One that is refused once and then taken is nobody's business.
  TargetErrorCount: { about: 'ECS refuses starts again and again', moreThan: 2 },
  InvocationDroppedCount: { about: 'a start was given up', moreThan: 0 },
} as const;

export function startAlarms(plan: Plan): Resources {
  const alarms = Object.entries(metrics).map(([MetricName, { about, moreThan }]) => {
    const alarm = startAlarm(
      plan,
      { about, runbook: 'start-failed' },
      {
        Namespace: 'AWS/Scheduler',
        MetricName,
        Dimensions: [{ Name: 'ScheduleGroup', Value: ref(ids.scheduleGroup) }],
        Statistic: 'Sum',
        Threshold: moreThan,
      },
    );
    return [`Scheduler${MetricName}Alarm`, alarm] as const;
  });
  return Object.fromEntries(alarms);
}
