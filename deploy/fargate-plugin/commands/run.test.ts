import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startFrom } from '../../environment.ts';
import { testWorld } from '../testing/commands-world.ts';
import { Failure, openFakeAws } from '../testing/fake-aws.ts';
import { exitCodeOfProblem, problemText } from './aws-problem.ts';
import { type RunCommandFlags, runCommand } from './run.ts';

const arn = 'arn:aws:ecs:eu-central-1:123456789012:task/stint-dev/0123456789abcdef0123456789abcdef';
const taken = { tasks: [{ taskArn: arn, lastStatus: 'PROVISIONING' }], failures: [] };
const stopped = (exitCode?: number, more = {}) => ({
  tasks: [
    {
      taskArn: arn,
      lastStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      // A sidecar's code is not the job's.
      containers: [
        { name: 'datadog-agent', exitCode: 2 },
        { name: 'app', ...(exitCode === undefined ? {} : { exitCode }) },
      ],
      ...more,
    },
  ],
});
const inStatus = (lastStatus: string) => ({ tasks: [{ taskArn: arn, lastStatus }] });

async function setup(describeTasks: object = stopped(0)) {
  const aws = await openFakeAws({ RunTask: taken, DescribeTasks: describeTasks });
  const world = testWorld(aws.environment);
  return { aws, world, out: world.out, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('expected an error'),
    (error) => error,
  );
}

describe('fargate-plugin/commands/run', () => {
  it('starts a task as the job says, and tells where to look', async () => {
    await using it = await setup();
    const flags = { scope: '{"tenantId":"t-1"}', 'dry-run': true, limit: '20', fresh: true };
    expect(await runCommand(it.world, 'poll-payment-status', flags)).to.equal(0);
    const [call] = it.aws.calls;
    const { clientToken } = call!.input;
    expect(call!.input).to.deep.include({
      cluster: 'stint-dev',
      taskDefinition: 'stint-dev-poll-payment-status',
      startedBy: 'stint-jobs-run',
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
    });
    expect(call!.input.overrides.containerOverrides).to.deep.equal([
      {
        name: 'app',
        environment: [
          { name: 'STINT_RUN_ID', value: clientToken },
          { name: 'STINT_SCOPE', value: '{"tenantId":"t-1"}' },
          { name: 'STINT_DRY_RUN', value: 'true' },
          { name: 'STINT_LIMIT', value: '20' },
          { name: 'STINT_FRESH', value: 'true' },
        ],
      },
    ]);
    expect(it.aws.calls).to.have.length(1);
    expect(it.out.text).to.contain(arn).and.to.contain(clientToken).and.to.contain('https://app.datadoghq.eu/logs');
    expect(it.out.text).to.contain('https://eu-central-1.console.aws.amazon.com/ecs/v2/clusters/stint-dev/tasks/0123');
  });

  const runId = '01M856K8D0KCDFSK7YZY5V9Q3T';
  const startedWith = async (job: string, flags: RunCommandFlags) => {
    await using it = await setup();
    expect(await runCommand(it.world, job, flags)).to.equal(0);
    const { clientToken, overrides } = it.aws.calls[0]!.input;
    const variables: { name: string; value: string }[] = overrides.containerOverrides[0].environment;
    const environment = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    return { clientToken, environment, text: it.out.text };
  };

  it('redrives a run, and goes on with one, whose scope the task takes from the ledger', async () => {
    const redrive = await startedWith('repair', { redrive: runId, error: 'HttpError', limit: '5' });
    expect(redrive.environment).to.deep.equal({
      STINT_RUN_ID: redrive.clientToken,
      STINT_REDRIVE: JSON.stringify({ runId, error: 'HttpError' }),
      STINT_LIMIT: '5',
    });
    expect(startFrom(redrive.environment)).to.deep.include({ redrive: { runId, error: 'HttpError' } });
    const resume = await startedWith('repair', { resume: runId });
    expect(resume.environment).to.deep.equal({ STINT_RESUME_RUN: runId });
    // Each start is one of its own for ECS: the second resume of a day is no repetition of the first.
    expect(resume.clientToken).to.not.equal(runId);
    expect(resume.text).to.match(new RegExp(`run +${runId}\n`));
  });

  it('starts one part of a job that can be spread over tasks, and refuses it of one that cannot', async () => {
    await using it = await setup();
    const refused = await failureOf(runCommand(it.world, 'repair', { shard: '0/2' }));
    expect(refused.message).to.contain('expected no shard for repair');
    const unfit = await failureOf(runCommand(it.world, 'repair', { shard: '2/2' }));
    expect(unfit.message).to.contain('expected --shard to be an index from 0');
    const [repair, ...others] = it.world.jobs.filter(({ name }) => name === 'repair');
    const jobs = [{ ...repair!, shards: true }, ...others];
    expect(await runCommand({ ...it.world, jobs }, 'repair', { shard: '1/2' })).to.equal(0);
    expect(it.aws.calls).to.have.length(1);
    expect(it.aws.calls[0]!.input.overrides.containerOverrides[0].environment).to.deep.include({
      name: 'STINT_SHARD',
      value: '1/2',
    });
  });

  it('refuses flags that say two things, before anything is asked', async () => {
    await using it = await setup();
    const refusals: [RunCommandFlags, string][] = [
      [{ redrive: 'x' }, 'expected --redrive to be the id of a run, 26 characters, got "x"'],
      [{ resume: '' }, 'expected --resume to be the id of a run'],
      [{ resume: runId, redrive: runId }, 'expected --resume without --redrive'],
      [{ resume: runId, scope: '{}' }, 'expected --resume without --scope: the run has its own'],
      [{ redrive: runId, shard: '0/2' }, 'expected --redrive without --shard: the run has its own'],
      [{ resume: runId, fresh: true }, 'expected --resume without --fresh: it begins a run anew'],
      [{ resume: runId, 'dry-run': true }, 'expected --resume without --dry-run'],
      [{ error: 'HttpError' }, 'expected --error with --redrive <run>'],
    ];
    for (const [flags, message] of refusals)
      expect((await failureOf(runCommand(it.world, 'repair', flags))).message).to.contain(message);
    expect(it.aws.calls).to.deep.equal([]);
  });

  it('takes spare capacity for a job that says so', async () => {
    await using it = await setup();
    await runCommand(it.world, 'publish-cities', {});
    expect(it.aws.calls[0]!.input.capacityProviderStrategy).to.deep.equal([
      { capacityProvider: 'FARGATE_SPOT', weight: 1 },
    ]);
  });

  it('refuses a bad scope, limit or name before anything is asked, in the words of the task and with its code', async () => {
    await using it = await setup();
    const refusal = async (job: string, flags: object) => failureOf(runCommand(it.world, job, flags));
    const scope = await refusal('poll-payment-status', { scope: '{"tenant":"t-1"}' });
    expect(scope.message).to.contain('the scope does not fit the job poll-payment-status:');
    expect(scope.message).to.contain('unknown field; expected one of tenantId');
    expect((await refusal('poll-payment-status', { scope: 'x' })).message).to.contain('expected --scope to be a JSON');
    expect((await refusal('repair', { limit: '0' })).message).to.contain('expected --limit to be a whole number');
    expect((await refusal('publish-citis', {})).message).to.contain('did you mean "publish-cities"?');
    expect(exitCodeOfProblem(scope)).to.equal(64);
    expect(it.aws.calls).to.deep.equal([]);
  });

  it('refuses a start that is longer than ECS takes', async () => {
    await using it = await setup();
    const scope = JSON.stringify({ tenantId: 'x'.repeat(9_000) });
    const { message } = await failureOf(runCommand(it.world, 'poll-payment-status', { scope }));
    expect(message).to.contain('at most 8192 characters');
    expect(it.aws.calls).to.deep.equal([]);
  });

  for (const exitCode of [0, 1, 75, 137, 143]) {
    it(`ends with ${exitCode} when the job's container does`, async () => {
      await using it = await setup((_: unknown, before: number) =>
        before < 3 ? inStatus(['PROVISIONING', 'PENDING', 'RUNNING'][before]!) : stopped(exitCode),
      );
      expect(await runCommand(it.world, 'repair', { wait: true })).to.equal(exitCode);
      expect(it.out.noted).to.deep.equal(['provisioning after 0 s', 'pending after 3 s', 'running after 6 s']);
      expect(it.out.text).to.contain(`exit code ${exitCode}: `);
    });
  }

  it('ends with 1 and the reason when the task did not start', async () => {
    const reason = 'CannotPullContainerError: pull image manifest has been retried 7 time(s): not found';
    await using it = await setup(stopped(undefined, { stopCode: 'TaskFailedToStart', stoppedReason: reason }));
    expect(await runCommand(it.world, 'repair', { wait: true })).to.equal(1);
    expect(it.out.text).to.contain(`no exit code; TaskFailedToStart: ${reason}`);
  });

  it('puts one document on standard output when it is asked for JSON', async () => {
    await using it = await setup(stopped(143));
    expect(await runCommand(it.world, 'repair', { wait: true, json: true })).to.equal(143);
    expect(JSON.parse(it.out.text)).to.include({ task: arn, exitCode: 143, stopCode: 'EssentialContainerExited' });
    await runCommand(it.world, 'repair', { json: true });
    expect(JSON.parse(it.out.printed.at(-1)!))
      .to.include({ task: arn })
      .and.not.to.have.property('exitCode');
  });

  it('asks every 3 to 10 seconds, and more often again when something has happened', async () => {
    await using it = await setup((_: unknown, before: number) =>
      before < 8 ? inStatus(before < 6 ? 'PENDING' : 'RUNNING') : stopped(0),
    );
    await runCommand(it.world, 'repair', { wait: true });
    expect(it.world.clock.slept).to.deep.equal([3_000, 4_500, 6_750, 10_000, 10_000, 10_000, 3_000, 4_500]);
  });

  it('waits out throttling, broken servers and a task that is not known yet', async () => {
    await using it = await setup((_: unknown, before: number) => {
      if (before === 0) return { tasks: [], failures: [{ arn, reason: 'MISSING' }] };
      if (before === 1) return new Failure('ThrottlingException', 'Rate exceeded');
      return before === 2 ? new Failure('ServerException', 'oops', 500) : stopped(0);
    });
    expect(await runCommand(it.world, 'repair', { wait: true })).to.equal(0);
    expect(it.world.clock.slept).to.deep.equal([3_000, 10_000, 10_000]);
  });

  it('gives up on a task that ECS does not have, and on an ECS that does not answer', async () => {
    await using gone = await setup({ tasks: [], failures: [{ arn, reason: 'MISSING' }] });
    expect(await runCommand(gone.world, 'repair', { wait: true })).to.equal(1);
    expect(gone.out.notes).to.contain('ECS does not have it; it may go on');
    await using silent = await setup(new Failure('ServerException', 'oops', 500));
    expect(await runCommand(silent.world, 'repair', { wait: true })).to.equal(1);
    expect(silent.out.notes).to.contain('ECS has not answered for ten minutes');
  });

  it('tells that the task was started when these credentials may not follow it', async () => {
    await using it = await setup(new Failure('AccessDeniedException', 'not authorized to perform: ecs:DescribeTasks'));
    expect(await runCommand(it.world, 'repair', { wait: true })).to.equal(1);
    expect(it.out.notes).to.contain('ecs:DescribeTasks').and.to.contain(`the task was started all the same: ${arn}`);
  });

  it('stops following at Ctrl-C, not the task, and says so', async () => {
    const controller = new AbortController();
    await using aws = await openFakeAws({
      RunTask: taken,
      DescribeTasks() {
        controller.abort();
        return inStatus('RUNNING');
      },
    });
    const world = testWorld(aws.environment, { signal: controller.signal });
    expect(await runCommand(world, 'repair', { wait: true })).to.equal(130);
    expect(world.out.notes).to.contain('the task goes on').and.to.contain('aws ecs stop-task --cluster stint-dev');
    expect(aws.calls.map(({ operation }) => operation)).to.deep.equal(['RunTask', 'DescribeTasks']);
  });

  it('does not know whether there is a task when Ctrl-C comes while ECS is asked', async () => {
    const controller = new AbortController();
    await using aws = await openFakeAws({
      RunTask() {
        controller.abort();
        return taken;
      },
    });
    const world = testWorld(aws.environment, { signal: controller.signal });
    expect(await runCommand(world, 'repair', { wait: true })).to.equal(130);
    expect(world.out.notes).to.contain(
      'see with "npx serverless jobs status --stage dev" whether the task was started',
    );
  });

  it('takes an answer with failures for what it is', async () => {
    await using it = await setup();
    it.aws.answers.RunTask = { tasks: [], failures: [{ reason: 'RESOURCE:MEMORY', detail: 'no capacity' }] };
    const error = await failureOf(runCommand(it.world, 'repair', { wait: true }));
    expect(problemText(error)).to.equal('ECS did not take the task: no capacity');
    expect(exitCodeOfProblem(error)).to.equal(1);
  });

  for (const { type, code, words } of [
    { type: 'ExpiredTokenException', code: 78, words: 'got ones that have expired; log in again' },
    { type: 'UnrecognizedClientException', code: 78, words: 'expected credentials that AWS takes' },
    { type: 'AccessDeniedException', code: 1, words: 'AWS does not let these credentials do it: no' },
    { type: 'ClusterNotFoundException', code: 1, words: 'AWS answered ClusterNotFoundException: no' },
    { type: 'ThrottlingException', code: 1, words: 'AWS answered ThrottlingException: no' },
  ]) {
    it(`tells of a ${type} in a line, and ends with ${code}`, async () => {
      await using it = await setup();
      it.aws.answers.RunTask = new Failure(type);
      const error = await failureOf(runCommand(it.world, 'repair', {}));
      expect(problemText(error)).to.contain(words).and.not.to.contain('\n');
      expect(exitCodeOfProblem(error)).to.equal(code);
    });
  }
});
