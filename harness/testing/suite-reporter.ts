/**
 * Mocha's reporter for the suite: what the spec reporter tells, and at the end which tests passed only when they were tried again
 * (`--retries`, as CI does), of which mocha says nothing. Such a test is a fault to be mended, but no reason to hold back the work of others.
 */
import Mocha from 'mocha';

const { EVENT_RUN_END, EVENT_TEST_RETRY } = Mocha.Runner.constants;

export default class SuiteReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const again: string[] = [];
    runner.on(EVENT_TEST_RETRY, (test: Mocha.Test, error: Error) => {
      again.push(`  unsteady: ${test.fullTitle()}\n    ${error.message.split('\n', 1)[0]}`);
    });
    runner.on(EVENT_RUN_END, () => {
      if (again.length > 0)
        process.stdout.write(`  ${again.length} tried again after a failure:\n${again.join('\n')}\n\n`);
    });
  }
}
