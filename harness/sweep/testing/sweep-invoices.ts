/** Sweeps a job over the case of invoices, as a test needs it. */
import { testStack } from '../../testing/test-stack.ts';
import type { Finding } from '../finding.ts';
import type { SweepReport } from '../report.ts';
import { type SweepOptions, sweep } from '../sweep.ts';
import { openInvoices } from './invoices-case.ts';

export type InvoiceSweep = Partial<SweepOptions> & Pick<SweepOptions, 'job' | 'kinds'> & { readonly invoices?: number };

/** @default invoices: 2, which leaves something behind the first and something before the last */
export async function sweepInvoices({ invoices = 2, ...options }: InvoiceSweep): Promise<SweepReport> {
  using opened = await openInvoices(invoices);
  return await sweep({ stack: testStack(), testCase: opened.testCase, ...options });
}

/** The kinds of all that was found. */
export function kindsIn({ stories }: SweepReport): ReadonlySet<Finding['kind']> {
  return new Set(stories.flatMap(({ findings }) => findings.map(({ kind }) => kind)));
}
