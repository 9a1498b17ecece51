/** A report of a sweep as one would be, without the sweep. */
import type { Trial } from '../point.ts';
import type { Story, SweepReport } from '../report.ts';

/** @default no stories: proved */
export function sampleReport(trials: readonly Trial[], stories: readonly Story[] = []): SweepReport {
  return {
    job: 'j',
    case: 'j/<c>',
    ledger: 'postgres',
    mode: 'fast',
    seed: 1,
    items: 3,
    effects: 9,
    kinds: { crash: { possible: 9, tried: trials.length, failed: stories.length, notTried: 0 } },
    tried: trials.length,
    possible: 9,
    sampled: true,
    lost: 0,
    differences: stories.length,
    duplicated: 0,
    repeatedWithKey: 0,
    workedTwice: 0,
    mayWorkTwice: 0,
    stories,
    trials,
    notTried: {},
    durationMs: 1,
    passed: stories.length === 0,
  };
}
