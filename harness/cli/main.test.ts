import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeCaseFolder } from '../fixture/testing/case-folder.ts';
import { openHarness } from '../harness.ts';
import { externalEnvironment } from '../testing/external-environment.ts';
import { runProgram } from '../testing/program.ts';

const stint = (args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) =>
  runProgram('harness/cli/main.ts', args, { env });

const job = 'poll-payment-status';
const escapeCharacter = '\u001b';

describe('stint jobs', () => {
  it('lists every job with its schedule, scope and cases', async () => {
    const { code, stdout, stderr } = await stint(['jobs']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.include(
      [
        'poll-payment-status',
        '  Asks the provider about every pending payment and settles it.',
        '  schedule  every 15 minutes',
        '  scope     tenantId, paymentIds',
        '  cases     demo, happy, api-down, mixed, nothing-to-do, recorded, sweep',
      ].join('\n'),
    );
    expect(stdout).to.include('  schedule  30 6 * * ? * (Europe/Berlin)').and.not.include(escapeCharacter);
  });

  it('puts one JSON document on stdout with --json', async () => {
    const { code, stdout, stderr } = await stint(['jobs', '--json']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const [first, ...others] = JSON.parse(stdout);
    expect(others).to.have.length.greaterThan(0);
    expect(first).to.deep.equal({
      name: job,
      summary: 'Asks the provider about every pending payment and settles it.',
      schedule: { rate: '15 minutes', overlap: 'skip' },
      scope: ['tenantId', 'paymentIds'],
      env: ['PAYMENTS_API_URL'],
      secrets: ['DATABASE_URL', 'PAYMENTS_API_KEY'],
      cases: ['demo', 'happy', 'api-down', 'mixed', 'nothing-to-do', 'recorded', 'sweep'],
    });
  });
});

describe('stint, asked for help', () => {
  it('shows it on stdout with --help, and on stderr when it gets no command', async () => {
    const asked = await stint(['--help']);
    const bare = await stint([]);
    expect(asked).to.include({ code: 0, stderr: '' });
    expect(asked.stdout).to.match(/^Usage: stint \[options\] \[command\]\n/);
    expect(bare).to.include({ code: 64, stdout: '', stderr: asked.stdout });
  });
});

describe('stint, given what it cannot work with', () => {
  const table: Readonly<Record<string, { args: readonly string[]; code?: number; says: readonly string[] }>> = {
    'an unknown command': { args: ['rum'], says: [`unknown command 'rum'`, '(Did you mean run?)'] },
    'a misspelt job': {
      args: ['run', 'poll-paymnt-status'],
      says: ['expected the name of a job, got "poll-paymnt-status"; did you mean "poll-payment-status"?'],
    },
    'an unknown job': {
      args: ['run', 'bake-bread'],
      says: ['expected the name of a job, got "bake-bread"; see `stint jobs` for the list'],
    },
    'no job': { args: ['run'], says: [`missing required argument 'job'`] },
    'an unknown option': {
      args: ['run', job, '--dryrun'],
      says: [`unknown option '--dryrun'`, '(Did you mean --dry-run?)'],
    },
    'a flag of a scope where there is none': { args: ['jobs', '--scope.a=1'], says: [`unknown option '--scope.a=1'`] },
    'a limit that is no number': {
      args: ['run', job, '--limit', 'ten'],
      says: [`option '--limit <items>' argument 'ten' is invalid. expected a whole number of 1 or more.`],
    },
    'a scope that is no JSON': {
      args: ['run', job, '--scope', '{tenantId'],
      says: [`expected --scope to be a JSON object like '{"tenantId":"t-1"}', got {tenantId`],
    },
    'a scope with several problems': {
      args: ['run', job, '--scope.tenant=t-1', '--scope.paymentIds=seven', '--scope', '{"tenantId":7}'],
      says: [
        'the scope does not fit the job poll-payment-status:',
        '  scope.tenantId: expected string, got number',
        '  scope.paymentIds.0: Invalid string: must match pattern /^\\d+$/, got "seven"',
        '  scope.tenant: unknown field; expected one of tenantId, paymentIds',
      ],
    },
    'an unknown fixture': {
      args: ['run', job, '--fixture', 'nope'],
      says: [
        'expected --fixture to be one of demo, happy, api-down, mixed, nothing-to-do, recorded, sweep or the path of a folder with a case.json, got "nope"',
      ],
    },
    'an unknown stack': {
      args: ['run', job, '--stack', 'cloud'],
      says: [
        `option '--stack <kind>' argument 'cloud' is invalid. Allowed choices are embedded, containers, external, auto.`,
      ],
    },
    'a fixture for external stores': {
      args: ['run', job, '--stack', 'external', '--fixture', 'mixed'],
      says: ['expected no --fixture with --stack external: a fixture is never loaded into stores that are not ours'],
    },
    'external stores that should be kept': {
      args: ['run', job, '--stack', 'external', '--keep'],
      says: ['expected no --keep with --stack external: what is in those stores is kept anyway'],
    },
    'an unknown way to overlap': {
      args: ['run', job, '--overlap', 'queue'],
      says: [
        `option '--overlap <choice>' argument 'queue' is invalid. Allowed choices are skip, wait, cancel-other, allow.`,
      ],
    },
    'an unknown status': {
      args: ['runs', '--status', 'crashed'],
      says: [
        `option '--status <status>' argument 'crashed' is invalid. Allowed choices are running, interrupted, succeeded, failed, cancelled.`,
      ],
    },
    'no run to show': { args: ['show'], says: [`missing required argument 'run'`] },
    'runs of a misspelt job': {
      args: ['runs', '--job', 'poll-paymnt-status'],
      says: ['expected the name of a job, got "poll-paymnt-status"; did you mean "poll-payment-status"?'],
    },
    'a port that is none': {
      args: ['admin', '--port', '70000'],
      says: [`option '--port <port>' argument '70000' is invalid. expected a port from 1 to 65535.`],
    },
    'an admin to keep in containers': {
      args: ['admin', '--keep', '--stack', 'containers'],
      says: ['expected --keep with the embedded stack, got --stack containers'],
    },
    'a token without a role': {
      args: ['admin-token', 'ada'],
      says: [`required option '--role <role>' not specified`],
    },
    'a token with an unknown role': {
      args: ['admin-token', 'ada', '--role', 'boss'],
      says: [`option '--role <role>' argument 'boss' is invalid. Allowed choices are read, trigger, admin.`],
    },
    'a token for a name that could be mistaken': {
      args: ['admin-token', 'ada lovelace', '--role', 'read'],
      says: [
        'expected a name of up to 64 letters, digits and . _ @ - that begins with a letter or a digit, got "ada lovelace"',
      ],
    },
    'external runs, and a ledger that remembers nothing': {
      args: ['runs', '--stack', 'external'],
      code: 78,
      says: [
        'there are no runs to look at:',
        '  STINT_LEDGER: names a ledger in memory, which ended with its process; set DATABASE_URL, or name the ledger of the runs',
      ],
    },
    'external stores and no environment': {
      args: ['run', job, '--stack', 'external'],
      code: 78,
      says: [
        'poll-payment-status needs environment variables that are missing or do not fit:',
        '  PAYMENTS_API_URL: is not set',
        '  DATABASE_URL: is a secret that is not set',
        '  PAYMENTS_API_KEY: is a secret that is not set',
      ],
    },
  };
  for (const [what, { args, code = 64, says }] of Object.entries(table)) {
    it(`ends with ${code} and says so, without a stack trace, when it gets ${what}`, async () => {
      const ended = await stint(args);
      expect(ended.stderr).to.equal(`stint: ${says.join('\n')}\n`);
      expect(ended).to.include({ code, stdout: '' });
    });
  }
});

describe('stint run on external stores', () => {
  it('works on what the environment names', async () => {
    await using harness = await openHarness('publish-cities/happy');
    const env = { ...externalEnvironment(harness.stores), USER: 'ada' };
    const { code, stdout, stderr } = await stint(['run', 'publish-cities', '--stack', 'external', '--json'], env);
    expect({ code, stderr }).to.include({ code: 0 });
    const { trigger, items } = JSON.parse(stdout);
    expect(trigger).to.deep.equal({ kind: 'manual', by: 'ada' });
    expect(items).to.include({ read: 40, succeeded: 40 });
    expect(await harness.items('cities')).to.have.length(40);
  });

  it('shows the runs in the ledger that the environment names, and how to go on with them there', async () => {
    await using harness = await openHarness('poll-payment-status/mixed');
    const env = { ...externalEnvironment(harness.stores), USER: 'ada' };
    const external = (...args: readonly string[]) => stint([...args, '--stack', 'external'], env);
    expect((await external('run', job)).code).to.equal(1);
    const { stdout } = await external('runs', '--json', '--job', job, '--status', 'failed');
    const [{ runId, ...record }, ...others] = JSON.parse(stdout);
    expect(others).to.deep.equal([]);
    expect(record).to.include({ job, status: 'failed', attempt: 1 });
    const shown = await external('show', runId);
    expect(shown.stdout).to.include(`npx stint redrive ${runId} --stack external`).and.not.include('npx stint resume');
    using folder = makeCaseFolder({});
    const file = join(folder.path, 'out.html');
    expect((await external('show', runId, '--html', file)).stderr).to.include(`the report: ${file}`);
    expect(readFileSync(file, 'utf8')).to.include(`${job} failed`).and.include(runId);
    const unwritable = await external('show', runId, '--html', folder.path);
    expect(unwritable).to.include({ code: 64, stdout: '' });
    expect(unwritable.stderr).to.include('expected --html to name a file that can be written, got EISDIR');
    const redriven = await external('redrive', runId, '--json');
    expect(JSON.parse(redriven.stdout)).to.deep.include({ redriveOf: { runId, error: null, keys: null } });
    expect(await external('show', 'no-such-run')).to.include({ code: 64, stdout: '' });
  });
});
