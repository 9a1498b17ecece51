import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { expect } from '../expect/index.ts';
import { loadCase } from '../fixture/index.ts';
import { repositoryRoot } from '../repository.ts';
import { describeStack } from '../stack/attach-stack.ts';
import { testStack } from '../testing/test-stack.ts';
import type { FindingKind } from './finding.ts';
import type { PointKind } from './point.ts';
import type { SweepReport } from './report.ts';
import { sweep } from './sweep.ts';
import type { MutantName } from './testing/engine-mutants.ts';
import { type InvoicesCase, openInvoices } from './testing/invoices-case.ts';
import { mutateBy } from './testing/mutate.ts';
import { bookSlowly, pollSlowly } from './testing/slow-jobs.ts';

interface Expected {
  readonly kind: PointKind;
  readonly job?: 'poll-slowly' | 'book-slowly';
  readonly only?: readonly string[];
  readonly points?: number;
  /** A finding of some story, and what the story says. */
  readonly finds: FindingKind;
  readonly story: RegExp;
}

// Each is what a peer has shipped, or what would undo a guarantee of ours.
const mutants: Readonly<Partial<Record<MutantName, Expected>>> = {
  'cursor-before-item': { kind: 'crash', points: 18, finds: 'lost', story: /^killed .* never worked/ },
  'counted-twice': {
    kind: 'crash',
    points: 12,
    finds: 'accounts',
    story: /the summary counts \d+ items, and there are 6/,
  },
  'checkpoint-in-finally': {
    kind: 'crash',
    points: 30,
    finds: 'differs',
    story: /^interrupted at .* postgres payments: /,
  },
  'lease-not-renewed': {
    kind: 'race',
    only: ['race:alone'],
    finds: 'status',
    story: /lost its lease, with nobody to take it/,
  },
  'unfenced-write': {
    kind: 'race',
    finds: 'acted-late',
    story: /^frozen before ledger checkpoint, .* the ledger took its checkpoint/,
  },
  'unfenced-heartbeat': {
    kind: 'race',
    finds: 'acted-late',
    story: /^frozen before ledger heartbeat, .* the ledger took its heartbeat/,
  },
  'page-begins-early': {
    kind: 'crash',
    job: 'book-slowly',
    finds: 'worked-twice',
    story: /worked twice, .* in a checkpoint/,
  },
  'page-begins-late': { kind: 'crash', points: 20, finds: 'lost', story: /never worked/ },
};

const program = join(repositoryRoot, 'harness/sweep/testing/sweep-mutant.ts');
const paymentsOf = (name: string) => join(repositoryRoot, 'fixtures/poll-payment-status', name);

async function sweepMutant(
  name: MutantName,
  { kind, only, points }: Omit<Expected, 'finds' | 'story'>,
  directory: string,
  job = 'poll-slowly',
) {
  const stack = describeStack(testStack());
  const options = { stack, directory, job, kinds: [kind], ...(only && { only }), ...(points && { points }) };
  const args = ['--import', mutateBy(name), program, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as { readonly report?: SweepReport; readonly refused?: string };
}

describe('a sweep of an SDK with one line changed', function mutantTests() {
  this.timeout(180_000);

  let invoices: InvoicesCase;
  before(async () => {
    invoices = await openInvoices(5);
  });
  after(() => invoices[Symbol.dispose]());

  for (const [name, expected] of Object.entries(mutants)) {
    it(`catches ${name}, and names the step`, async () => {
      const { job = 'poll-slowly', finds, story } = expected;
      const directory = job === 'book-slowly' ? invoices.testCase.directory : paymentsOf('happy');
      const { report } = await sweepMutant(name as MutantName, expected, directory, job);
      const found = report?.stories.filter(({ findings }) => findings.some(({ kind }) => kind === finds)) ?? [];
      expect(found.map(({ text }) => text).join('\n')).to.match(new RegExp(story, 'm'));
    });
  }

  it('refuses a reference whose accounts do not add up: double-settle', async () => {
    const { refused } = await sweepMutant('double-settle', { kind: 'crash', only: ['reference'] }, paymentsOf('sweep'));
    expect(refused).to.contain('this is a defect of Stint');
  });

  it('finds nothing in those jobs with the SDK as it is', async () => {
    for (const [job, testCase] of [
      [pollSlowly, await loadCase(paymentsOf('happy'))],
      [bookSlowly, invoices.testCase],
    ] as const) {
      const report = await sweep({ stack: testStack(), testCase, job, kinds: ['crash', 'race'], points: 8 });
      expect(report).to.prove();
    }
  });
});
