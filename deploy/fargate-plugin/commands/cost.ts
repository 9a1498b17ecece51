/**
 * What a job costs in a month, as far as it can be told without an account.
 *
 * Guarantees: arithmetic on `price-table.ts` alone. Does not guarantee the bill: how long a run takes is assumed, and tiers that are free, logs,
 * images, traffic, NAT, secrets and Datadog are left out.
 */
import type { ResolvedTask } from '@stint/sdk';
import { includedDiskGb, leastBilledMs, type Prices, publicAddress, spotShare } from './price-table.ts';

export interface CostOf {
  readonly task: ResolvedTask;
  readonly runsAMonth: number;
  /** Of a run, in ms, the start of its task included. */
  readonly durationMs: number;
  readonly assignPublicIp: boolean;
}

const hourMs = 3_600_000;

/** US dollars a month. */
export function monthlyCost(prices: Prices, { task, runsAMonth, durationMs, assignPublicIp }: CostOf): number {
  const { cpu, memoryMb, diskGb, architecture, spot } = task;
  const price = prices[architecture];
  const compute = (cpu / 1_024) * price.cpu + (memoryMb / 1_024) * price.memory;
  const disk = Math.max(0, diskGb - includedDiskGb) * prices.disk;
  const anHour = compute * (spot ? spotShare : 1) + disk + (assignPublicIp ? publicAddress : 0);
  return (anHour * runsAMonth * Math.max(durationMs, leastBilledMs)) / hourMs;
}

/** `$1.20`, `$0.004`: never a cost that reads as none. */
export function dollarsText(dollars: number): string {
  if (dollars === 0) return '$0';
  if (dollars >= 0.01) return `$${dollars.toFixed(2)}`;
  return dollars < 0.001 ? 'under $0.001' : `$${dollars.toFixed(3)}`;
}
