/**
 * Assertions on runs, for chai: `import { expect } from '@stint/harness'`.
 *
 *   expect(summary).to.have.settled({ succeeded: 3, skipped: { 'still pending': 2 } })
 *   expect(summary).to.balance
 *   expect(summary).to.have.failedWith('HttpError', 1)
 *   await expect(summary).to.match.fixture('poll-payment-status/mixed')
 *   expect(calls).to.stayWithin({ concurrency: 8, perSecond: 50 })
 *   expect(calls).toHaveSentOnce('POST', '/refunds')
 *   expect(await harness.sweep(job)).to.prove({ lost: 0, duplicated: 0 })
 *   await expect(harness.db).table('payments').to.equalRows([{ id: 3, status: 'failed' }])
 *   await expect(harness.db).dynamoTable('rates').to.equalRows([{ pair: 'EUR/USD', rate: 1.25 }])
 *
 * Those that read something return a promise: await it. `not` is refused where it would say little.
 */
import * as chai from 'chai';
import { stintChai } from './plugin.ts';

export type { CallLimits } from './calls.ts';
export { stintChai } from './plugin.ts';
export type { Proved } from './prove.ts';
export type { Database, Row } from './rows.ts';
export type { Settled } from './settled.ts';
export { stableSummary } from './stable-summary.ts';

/** Chai's own, with these assertions. */
export const expect: Chai.ExpectStatic = chai.use(stintChai).expect;
