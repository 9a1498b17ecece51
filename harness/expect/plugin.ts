/** The chai plugin: puts the assertions of this room on chai's `Assertion`, and declares their types. */
import { type Summary, summarySchema } from '@stint/sdk';
import { CallLog } from '../fakes/index.ts';
import type { SweepReport } from '../sweep/report.ts';
import { type CallLimits, findExcess, findRepeated } from './calls.ts';
import { findFixtureDifference } from './match-fixture.ts';
import { findUnproved, type Proved } from './prove.ts';
import { type Database, findRowDifference, type Row } from './rows.ts';
import { countFailures, findImbalance, findUnsettled, type Settled } from './settled.ts';

declare global {
  namespace Chai {
    interface Assertion {
      /** The items of a summary. What is not named is not looked at, but failed, quarantined and remaining items, which must be none. */
      settled(expected: Settled): Assertion;
      /** The accounts of a summary: all that was read is settled or remains, and each by a reason. */
      balance: Assertion;
      /** So many items of a summary failed with an error of this name or code. @param count at least one */
      failedWith(error: string, count?: number): Assertion;
      /** A log of calls, or a fake, was not asked more than that. */
      stayWithin(limits: CallLimits): Assertion;
      /** A log of calls, or a fake, was sent such requests, and each once: by its `Idempotency-Key`, else by its path. */
      haveSentOnce(method: string, pathPrefix: string): Assertion;
      /** The same. */
      toHaveSentOnce(method: string, pathPrefix: string): Assertion;
      /** What a sweep has to have shown. With nothing named: that nothing was found. @param expected counts, exactly; `points` at least */
      prove(expected?: Proved): Assertion;
      /** A Postgres table of a harness's `db`. */
      table(name: string): TableAssertion;
      /** A DynamoDB table of a harness's `db`. */
      dynamoTable(name: string): TableAssertion;
    }
    interface TableAssertion {
      readonly to: {
        /** Exactly these rows, in any order, by the columns that they name. */
        equalRows(rows: readonly Row[]): Promise<void>;
      };
    }
    interface Match {
      /** The summary that a case of `fixtures/` expects, by `<job>/<case>`. */
      fixture(name: string): Promise<void>;
    }
  }
}

type Subject = Chai.AssertionStatic;

/** `chai.use(stintChai)` */
export const stintChai: Chai.ChaiPlugin = ({ Assertion, AssertionError }, { flag }) => {
  const subject = (assertion: Subject): unknown => flag(assertion, 'object');
  /** Fails with `problem`, if there is one; with `not`, if there is none. */
  const check = (assertion: Subject, problem: string | undefined, opposite: string): void => {
    const negated = flag(assertion, 'negate') === true;
    if (!negated && problem !== undefined) throw new AssertionError(told(assertion, problem));
    if (negated && problem === undefined) throw new AssertionError(told(assertion, opposite));
  };
  const told = (assertion: Subject, text: string): string => {
    const message: unknown = flag(assertion, 'message');
    return typeof message === 'string' && message !== '' ? `${message}: ${text}` : text;
  };
  const refuseNot = (assertion: Subject, name: string): void => {
    if (flag(assertion, 'negate') === true)
      throw new TypeError(`expected no .not before ${name}: say what should be there instead`);
  };

  Assertion.addMethod('settled', function settled(this: Subject, expected: Settled) {
    refuseNot(this, 'settled');
    const lines = findUnsettled(toSummary(subject(this)), expected);
    check(this, lines.length === 0 ? undefined : `the items did not settle so:\n${indent(lines)}`, '');
  });
  Assertion.addProperty('balance', function balance(this: Subject) {
    const imbalance = findImbalance(toSummary(subject(this)));
    check(this, imbalance && `expected the accounts to balance: ${imbalance}`, 'expected the accounts not to balance');
  });
  Assertion.addMethod('failedWith', function failedWith(this: Subject, error: string, count?: number) {
    const summary = toSummary(subject(this));
    const got = countFailures(summary, error);
    const fits = count === undefined ? got > 0 : got === count;
    const all = Object.entries(summary.failuresByError).map(([name, times]) => `${name} ${times}`);
    const came = all.length === 0 ? 'none failed' : `there were: ${all.join(', ')}`;
    const many = count === undefined ? 'items' : `${count} items`;
    check(
      this,
      fits ? undefined : `expected ${many} to fail with ${error}, got ${got}; ${came}`,
      `expected no ${many} to fail with ${error}, got ${got}`,
    );
  });
  Assertion.addMethod('stayWithin', function stayWithin(this: Subject, limits: CallLimits) {
    if (limits.concurrency === undefined && limits.perSecond === undefined)
      throw new TypeError('expected a limit, concurrency or perSecond, got none; without one it says nothing');
    const lines = findExcess(toCalls(subject(this)), limits);
    check(
      this,
      lines.length === 0 ? undefined : `the calls were not within their limits:\n${indent(lines)}`,
      'expected the calls not to be within these limits, but they were',
    );
  });
  Assertion.addMethod('prove', function prove(this: Subject, expected: Proved = {}) {
    refuseNot(this, 'prove');
    const report = subject(this) as SweepReport;
    if (!Array.isArray(report?.trials)) throw new TypeError('expected the report of a sweep: await harness.sweep(job)');
    const lines = findUnproved(report, expected);
    check(this, lines.length === 0 ? undefined : `${report.case} is not proved:\n${indent(lines)}`, '');
  });
  for (const name of ['haveSentOnce', 'toHaveSentOnce']) {
    Assertion.addMethod(name, function haveSentOnce(this: Subject, method: string, pathPrefix: string) {
      refuseNot(this, name);
      check(this, findRepeated(toCalls(subject(this)), method, pathPrefix), '');
    });
  }
  for (const [method, read] of [
    ['table', 'rows'],
    ['dynamoTable', 'items'],
  ] as const) {
    Assertion.addMethod(method, function table(this: Subject, name: string): Chai.TableAssertion {
      refuseNot(this, method);
      const db = toDatabase(subject(this));
      const equalRows = async (expected: readonly Row[]) =>
        check(this, findRowDifference(name, expected, await db[read](name), { hasAllColumns: read === 'rows' }), '');
      return { to: { equalRows } };
    });
  }

  // `match` is a method of chai's; as one that can be chained, too, it has room for `match.fixture`.
  const match: (this: Subject, pattern: RegExp, message?: string) => void = Reflect.get(Assertion.prototype, 'match');
  Assertion.addChainableMethod('match', match, () => {});
  Assertion.addMethod('fixture', async function fixture(this: Subject, name: string) {
    refuseNot(this, 'match.fixture');
    check(this, await findFixtureDifference(toSummary(subject(this)), name), '');
  });
};

function toSummary(value: unknown): Summary {
  const parsed = summarySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TypeError(
    `expected the summary of a run, got something else (${issue?.path.join('.') || 'value'}: ${issue?.message}); pass \`summary\` of what harness.run gives`,
  );
}

function toCalls(value: unknown): CallLog {
  if (value instanceof CallLog) return value;
  if (typeof value === 'object' && value !== null && 'calls' in value && value.calls instanceof CallLog)
    return value.calls;
  throw new TypeError(
    'expected the calls of a fake, got something else; pass `calls.<VARIABLE>` of what harness.run gives',
  );
}

function toDatabase(value: unknown): Database {
  if (typeof value === 'object' && value !== null && 'rows' in value && 'items' in value) return value as Database;
  throw new TypeError('expected the tables of a harness, got something else; pass `harness.db`');
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}
