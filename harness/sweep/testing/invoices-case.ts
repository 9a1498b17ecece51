/** A case for jobs that charge invoices at a provider and book them: made for one test, in a temporary folder. */
import { type Case, loadCase } from '../../fixture/index.ts';
import { type CaseFolder, makeCaseFolder } from '../../fixture/testing/case-folder.ts';

export interface InvoicesCase extends Disposable {
  readonly testCase: Case;
}

const schema = `
  create table invoices (id text primary key, amount integer not null, status text not null default 'open');
  create table bookings (number bigint generated always as identity primary key, invoice_id text not null, amount integer not null);
  create table totals (name text primary key, amount integer not null);
  insert into totals values ('booked', 0);`;

export async function openInvoices(count: number): Promise<InvoicesCase> {
  const invoices = Array.from({ length: count }, (_, index) => ({ id: `i-${index + 101}`, amount: 10 + index }));
  const folder: CaseFolder = makeCaseFolder({
    'case.json': JSON.stringify({
      description: `${count} open invoices`,
      now: '2026-09-30T06:00:00Z',
      fakes: { CHARGES_API_URL: { fake: 'charges', state: {} } },
      // Which booking gets which number hangs on what the server does first.
      volatile: { bookings: ['number'] },
    }),
    'postgres/schema.sql': schema,
    'postgres/invoices.jsonl': invoices.map((invoice) => JSON.stringify(invoice)).join('\n'),
  });
  return { testCase: await loadCase(folder.path), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}
