/**
 * Mocha's reporter for QA: tells in the terminal what the spec reporter tells, and writes `.stint/qa-report.html` (or where
 * `--reporter-option page=<path>` says).
 *
 * The page is written anew after each check, so that it is there when a check fails, hangs or takes the process with it;
 * it says then that the run did not come to its end.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import Mocha from 'mocha';
import { repositoryRoot } from '../repository.ts';
import { testStack } from '../testing/test-stack.ts';
import { failureOf } from './report/failure-of.ts';
import { reportPage } from './report/page.ts';
import type { QaCheck, QaReport } from './report/qa-report.ts';
import { takeRuns } from './run-record.ts';

const { EVENT_RUN_BEGIN, EVENT_RUN_END, EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants;

export default class QaReporter extends Mocha.reporters.Spec {
  readonly #page: string;
  #report: QaReport;

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { page = join(repositoryRoot, '.stint/qa-report.html') } = options.reporterOptions ?? {};
    this.#page = page;
    this.#report = {
      startedAt: new Date(),
      finishedAt: undefined,
      stack: '',
      expectedChecks: 0,
      checks: [],
    };
    // Which checks were chosen (`-g`) is known only now.
    runner.on(EVENT_RUN_BEGIN, () => this.#write({ stack: testStack().kind, expectedChecks: runner.total }));
    runner.on(EVENT_TEST_PASS, (test) => this.#add(test, 'passed'));
    runner.on(EVENT_TEST_FAIL, (test, error) => this.#add(test, 'failed', error));
    runner.on(EVENT_TEST_PENDING, (test) => this.#add(test, 'not run'));
    runner.on(EVENT_RUN_END, () => {
      this.#write({ finishedAt: new Date() });
      process.stdout.write(`report: ${relative(process.cwd(), this.#page)}\n`);
    });
  }

  /** A hook that fails is a failed check too. */
  #add(test: Mocha.Runnable, state: QaCheck['state'], error?: unknown): void {
    const check: QaCheck = {
      subject: test.parent?.titlePath().join(' ') ?? '',
      title: test.title,
      state,
      durationMs: test.duration ?? 0,
      failure: error === undefined ? undefined : failureOf(error, repositoryRoot),
      runs: takeRuns(),
    };
    this.#write({ checks: [...this.#report.checks, check] });
  }

  #write(changes: Partial<QaReport>): void {
    this.#report = { ...this.#report, ...changes };
    mkdirSync(dirname(this.#page), { recursive: true });
    // Whoever looks at the page meanwhile sees it whole.
    writeFileSync(`${this.#page}.new`, reportPage(this.#report));
    renameSync(`${this.#page}.new`, this.#page);
  }
}
