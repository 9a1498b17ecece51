import { expect } from 'chai';
import { describe, it } from 'mocha';
import { nowMs, testWorld } from '../testing/commands-world.ts';
import { Failure, openFakeAws } from '../testing/fake-aws.ts';
import { statusCommand } from './status.ts';

const account = 'arn:aws:ecs:eu-central-1:123456789012';
const ago = (minutes: number) => (nowMs - minutes * 60_000) / 1_000;

function task(id: string, job: string, more: object) {
  return {
    taskArn: `${account}:task/stint-dev/${id}`,
    taskDefinitionArn: `${account}:task-definition/stint-dev-${job}:7`,
    createdAt: ago(30),
    ...more,
  };
}

const stopped = (minutes: number, more: object) => ({
  lastStatus: 'STOPPED',
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  createdAt: ago(minutes + 1),
  stoppedAt: ago(minutes),
  ...more,
});
const exited = (exitCode: number) => ({ containers: [{ name: 'app', exitCode }] });

const tasks = [
  task('aaaaaaaa1', 'poll-payment-status', { lastStatus: 'RUNNING', startedAt: ago(3) }),
  task('bbbbbbbb2', 'poll-payment-status', stopped(18, exited(0))),
  task('cccccccc3', 'poll-payment-status', stopped(33, exited(143))),
  task('dddddddd4', 'poll-payment-status', stopped(48, exited(1))),
  task('eeeeeeee5', 'poll-payment-status', stopped(58, exited(0))),
  task('ffffffff6', 'repair', {
    ...stopped(5, { containers: [{ name: 'app' }] }),
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed',
  }),
];

async function setup(answers: Record<string, object> = {}) {
  const aws = await openFakeAws({
    ListTasks: ({ desiredStatus, nextToken }: { desiredStatus: string; nextToken?: string }) => {
      if (desiredStatus === 'RUNNING') return { taskArns: [tasks[0]!.taskArn] };
      // In two pages.
      const arns = tasks.slice(1).map(({ taskArn }) => taskArn);
      return nextToken ? { taskArns: arns.slice(2) } : { taskArns: arns.slice(0, 2), nextToken: 'more' };
    },
    DescribeTasks: ({ tasks: asked }: { tasks: string[] }) => ({
      tasks: tasks.filter(({ taskArn }) => asked.includes(taskArn)),
    }),
    DescribeTaskDefinition: ({ taskDefinition }: { taskDefinition: string }) =>
      taskDefinition.endsWith('cities')
        ? new Failure('ClientException', 'Unable to describe task definition.')
        : { taskDefinition: { family: taskDefinition, revision: 7 } },
    GetSchedule: ({ Name }: { Name: string }) =>
      Name.endsWith('poll-payment-status')
        ? { Name, State: 'DISABLED', ScheduleExpression: 'rate(15 minutes)' }
        : new Failure('ResourceNotFoundException', 'no schedule', 404),
    ...answers,
  });
  const world = testWorld(aws.environment);
  return { aws, world, out: world.out, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
}

describe('fargate-plugin/commands/status', () => {
  it('tells of schedules, revisions and the last tasks in one table of 80 columns', async () => {
    await using it = await setup();
    expect(await statusCommand(it.world, {})).to.equal(0);
    expect(it.out.text.split('\n')).to.deep.equal([
      'job                  schedule   rev  task      state',
      'poll-payment-status  off          7  aaaaaaaa  running for 3 min',
      '                                     bbbbbbbb  18 min ago, exit code 0:',
      '                                               succeeded',
      '                                     cccccccc  33 min ago, exit code 143:',
      '                                               interrupted by SIGTERM, its',
      '                                               checkpoint is saved',
      '                                     dddddddd  48 min ago, exit code 1: failed',
      'publish-cities       missing   none            not deployed',
      'repair               none         7  ffffffff  5 min ago, no exit code;',
      '                                               TaskFailedToStart:',
      '                                               ResourceInitializationError:',
      '                                               unable to pull secrets or',
      '                                               registry auth: execution resource',
      '                                               retrieval failed',
    ]);
    expect(it.aws.calls.find(({ operation }) => operation === 'GetSchedule')?.input.groupName).to.equal('stint-dev');
  });

  it('tells the same as one JSON document', async () => {
    await using it = await setup();
    await statusCommand(it.world, { json: true });
    const { jobs } = JSON.parse(it.out.text);
    expect(jobs[0].schedule).to.deep.equal({ state: 'off', expression: 'rate(15 minutes)' });
    expect(jobs[0].tasks.map(({ exitCode }: { exitCode: number }) => exitCode)).to.deep.equal([null, 0, 143, 1]);
    expect(jobs[1]).to.deep.include({ revision: null, tasks: [] });
  });

  it('tells that nothing is deployed where there is no cluster', async () => {
    await using it = await setup({
      ListTasks: new Failure('ClusterNotFoundException', 'Cluster not found.'),
      DescribeTaskDefinition: new Failure('ClientException', 'Unable to describe task definition.'),
      GetSchedule: new Failure('ResourceNotFoundException', 'no schedule', 404),
    });
    expect(await statusCommand(it.world, {})).to.equal(0);
    expect(it.out.text.match(/not deployed/g)).to.have.length(3);
  });
});
