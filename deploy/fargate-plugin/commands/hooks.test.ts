import { expect } from 'chai';
import { describe, it } from 'mocha';
import { JumpingClock, jobs, Lines, place, settings, template } from '../testing/commands-world.ts';
import { Failure, openFakeAws } from '../testing/fake-aws.ts';
import { type Command, commandDefinitions } from './definitions.ts';
import { commandHooks } from './hooks.ts';

const monitors = [{ name: 'Stint: repair failed', type: 'query alert', query: 'sum(last_5m):x > 0' }];

function setup({
  args = [] as readonly string[],
  environment = {},
  flags = {},
  region = place.region,
  problem = '',
} = {}) {
  const out = new Lines();
  const codes: number[] = [];
  const hooks = commandHooks({
    jobs,
    flags,
    args,
    environment,
    input() {
      if (problem !== '') throw new Error(problem);
      return { settings, place: { ...place, region }, template, monitors };
    },
    out,
    clock: new JumpingClock(),
    interrupts: () => ({ signal: new AbortController().signal, [Symbol.dispose]() {} }),
    setExitCode: (code) => void codes.push(code),
  });
  return { out, codes, hooks };
}

/** `jobs:run:repair:go` of all commands that do something. */
function eventsOf(commands: Readonly<Record<string, Command>>, prefix = ''): readonly string[] {
  return Object.entries(commands).flatMap(([name, { lifecycleEvents = [], commands: inner = {} }]) => [
    ...lifecycleEvents.map((event) => `${prefix}${name}:${event}`),
    ...eventsOf(inner, `${prefix}${name}:`),
  ]);
}

describe('fargate-plugin/commands/hooks', () => {
  it('has a hook for each command, and a command for each hook', () => {
    expect(eventsOf({ ...commandDefinitions(jobs) })).to.have.members(Object.keys(setup().hooks));
    expect(Object.keys(setup().hooks)).to.include('jobs:run:poll-payment-status:go');
  });

  it('plans without an account', async () => {
    const it = setup({ flags: { duration: ['1h'] } });
    await it.hooks['jobs:plan:go']!();
    expect(it.codes).to.deep.equal([0]);
    expect(it.out.text).to.contain('2,920 runs of 1 h');
  });

  it('takes a duration that is given once, which osls hands over as no list', async () => {
    const it = setup({ flags: { duration: 'publish-cities=1h' } });
    await it.hooks['jobs:plan:go']!();
    expect(it.codes, it.out.notes).to.deep.equal([0]);
    expect(it.out.text)
      .to.match(/runs of 1 h$/m)
      .and.to.match(/runs of 5 min$/m);
  });

  it('ends with 64 for a flag that does not fit, and with 1 for settings that do not', async () => {
    const it = setup({ flags: { duration: ['soon'] } });
    await it.hooks['jobs:plan:go']!();
    const empty = setup({
      flags: { limit: null },
      environment: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    });
    await empty.hooks['jobs:run:repair:go']!();
    const bad = setup({ problem: 'expected custom.fargate.image, got none' });
    await bad.hooks['jobs:status:go']!();
    expect([...it.codes, ...empty.codes, ...bad.codes]).to.deep.equal([64, 64, 1]);
    expect(empty.out.notes).to.contain('expected --limit to be a whole number').and.to.contain('got ""');
    expect(bad.out.notes).to.equal('expected custom.fargate.image, got none');
  });

  it('starts nothing with what osls passes over: a run of everything must not come of a part', async () => {
    await using aws = await openFakeAws();
    const it = setup({
      args: ['jobs', 'run', 'repair', '--stage', 'dev', '--scope.tenantId=t-1'],
      environment: aws.environment,
    });
    await it.hooks['jobs:run:repair:go']!();
    expect(it.codes).to.deep.equal([64]);
    expect(it.out.notes).to.equal(
      `expected the scope as JSON, got --scope.tenantId=t-1; write --scope '{"tenantId":…}'`,
    );
    expect(aws.calls).to.deep.equal([]);
  });

  it('prints the monitors as Datadog takes them, or what they watch', async () => {
    const json = setup({ flags: { json: true } });
    await json.hooks['jobs:monitors:go']!();
    expect(JSON.parse(json.out.text)).to.deep.equal(monitors);
    const listed = setup();
    await listed.hooks['jobs:monitors:go']!();
    expect(listed.out.text).to.equal('Stint: repair failed\n  sum(last_5m):x > 0');
  });

  it('tells in a line where there are no credentials, no region, or nothing that answers', async () => {
    const changed = {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_PROFILE: undefined,
    };
    // The AWS SDK looks for keys in the process's own environment.
    const before = Object.fromEntries(Object.keys(changed).map((name) => [name, process.env[name]]));
    const set = (values: Readonly<Record<string, string | undefined>>) => {
      for (const [name, value] of Object.entries(values)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    };
    set(changed);
    try {
      const none = setup({ environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } });
      await none.hooks['jobs:status:go']!();
      expect(none.codes).to.deep.equal([78]);
      expect(none.out.notes).to.match(/^expected credentials for AWS, got none \(.*\); log in, or set AWS_PROFILE.*$/);
      const profile = setup({
        flags: { 'aws-profile': 'ops' },
        environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
      });
      await profile.hooks['jobs:check:go']!();
      expect(profile.codes).to.deep.equal([78]);
      expect(profile.out.notes).to.match(/^expected credentials for AWS, got none \(.*\); log in.*$/);
    } finally {
      set(before);
    }
    const nowhere = setup({ region: '' });
    await nowhere.hooks['jobs:status:go']!();
    expect(nowhere.codes).to.deep.equal([78]);
    expect(nowhere.out.notes).to.match(/AWS_REGION.* is not set; set it, or use --region/);
  });

  it('ends with 78 for credentials that have expired, and with the code of the task that was followed', async () => {
    await using aws = await openFakeAws({ ListTasks: new Failure('ExpiredTokenException') });
    const expired = setup({ environment: aws.environment });
    await expired.hooks['jobs:status:go']!();
    expect(expired.codes).to.deep.equal([78]);
    aws.answers.RunTask = { tasks: [{ taskArn: 'arn:aws:ecs:eu-central-1:1:task/stint-dev/1' }] };
    aws.answers.DescribeTasks = {
      tasks: [{ lastStatus: 'STOPPED', containers: [{ name: 'app', exitCode: 143 }] }],
    };
    const followed = setup({ environment: aws.environment, flags: { wait: true } });
    await followed.hooks['jobs:run:repair:go']!();
    expect(followed.codes).to.deep.equal([143]);
  });
});
