/**
 * `serverless jobs plan`: what will be scheduled, in which size, with what rights, watched by which alarms, for about how much.
 *
 * Guarantees: no network and no credentials; secrets by their names alone.
 */
import { exitCodes, formatMs } from '@stint/sdk';
import { dollarsText } from './cost.ts';
import { assumedMs, planDurations } from './plan-durations.ts';
import { planJob } from './plan-job.ts';
import { planJobText } from './plan-text.ts';
import { priceSource, priceTable, publicAddress, readOn } from './price-table.ts';
import { wrap } from './text-table.ts';
import type { PlanWorld } from './world.ts';

export interface PlanFlags {
  /** `10m`, `publish-cities=40m`. @default five minutes */
  readonly duration?: readonly string[] | undefined;
  /** @default false */
  readonly json?: boolean | undefined;
}

/** Resolves with the exit code. @throws UsageError, UnknownJobError */
export async function planCommand(world: PlanWorld, { duration = [], json }: PlanFlags): Promise<number> {
  const { jobs, settings, place, out } = world;
  const durationOf = planDurations(jobs, duration);
  const prices = priceTable.get(place.region);
  const planned = jobs.map((job) => planJob(job, world, { prices, durationMs: durationOf(job.name) }));
  const total = planned.reduce((sum, { monthlyCost }) => sum + (monthlyCost ?? 0), 0);
  const assumptions = [
    `how long a run takes is not known here: ${formatMs(assumedMs)} is assumed, its start included, unless --duration says otherwise (10m, or <job>=10m); less than a minute is billed as one`,
    ...(settings.vpc.assignPublicIp ? [`a public IPv4 address at $${publicAddress} an hour is counted`] : []),
    ...(jobs.some(({ task }) => task.spot) ? ['Spot is taken to cost 30 % of the full price, which moves'] : []),
    'left out: free tiers and charges of CloudWatch, Scheduler, Lambda and SQS, logs, images, NAT, traffic, secrets, Datadog, the admin',
  ];
  if (json) {
    out.print(
      JSON.stringify(
        {
          ...place,
          jobs: planned,
          monthlyCost: prices === undefined ? null : total,
          prices: prices === undefined ? null : { ...prices, currency: 'USD', readOn, source: priceSource },
          assumptions,
        },
        undefined,
        2,
      ),
    );
    return exitCodes.succeeded;
  }
  out.print(
    `${place.service} ${place.stage} in ${place.region}: ${planned.length} ${planned.length === 1 ? 'job' : 'jobs'}`,
  );
  for (const each of planned) out.print(`\n${planJobText(each, out.width)}`);
  const cost =
    prices === undefined
      ? `cost: there is no price here for ${place.region}; there are for ${[...priceTable.keys()].join(', ')}`
      : `cost: about ${dollarsText(total)} a month in all, by prices read on ${readOn} (${priceSource})`;
  out.print(`\n${wrap(cost, out.width).join('\n')}`);
  for (const text of assumptions) out.print(wrap(`- ${text}`, out.width - 2).join('\n  '));
  return exitCodes.succeeded;
}
