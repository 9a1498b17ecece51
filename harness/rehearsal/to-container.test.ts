import { jobs } from '@stint/jobs/registry';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleTemplate } from './sample-template.ts';
import { findTaskDefinitions } from './task-definition.ts';
import { type Surroundings, toContainer } from './to-container.ts';

const values = {
  DATABASE_URL: 'postgres://here',
  PAYMENTS_API_KEY: 'key',
  PAYMENTS_API_URL: 'http://127.0.0.1:1',
  STINT_SLACK_WEBHOOK_URL: 'http://127.0.0.1:2',
  UNDECLARED: 'not given',
};
const around: Surroundings = {
  parameters: { Image: 'registry/stint@sha256:1', 'AWS::Region': 'eu-west-1' },
  values,
  added: { STINT_SCOPE: '{}' },
  logAddress: '127.0.0.1:24224',
};

/** The task definition of poll-payment-status, with changes to its job's container. */
function definitionWith(changes: object = {}, task: object = {}) {
  const template = structuredClone(sampleTemplate(jobs)) as {
    Resources: Record<string, { Properties: { ContainerDefinitions: object[] } }>;
  };
  const { Properties } = template.Resources.pollpaymentstatusTask!;
  Object.assign(Properties, task);
  Object.assign(Properties.ContainerDefinitions[0]!, changes);
  return findTaskDefinitions(template)[0]!;
}

describe('toContainer', () => {
  it('runs a container as its task definition says', () => {
    const { image, command, env, options } = toContainer(definitionWith(), around);
    expect(image).to.equal('registry/stint@sha256:1');
    expect(command).to.deep.equal(['task.js', 'poll-payment-status']);
    expect(env).to.deep.equal({
      AWS_REGION: 'eu-west-1',
      DD_AGENT_HOST: '127.0.0.1',
      DD_ENV: 'rehearsal',
      STINT_LEDGER: 'postgres',
      PAYMENTS_API_URL: values.PAYMENTS_API_URL,
      DATABASE_URL: values.DATABASE_URL,
      PAYMENTS_API_KEY: values.PAYMENTS_API_KEY,
      STINT_SLACK_WEBHOOK_URL: values.STINT_SLACK_WEBHOOK_URL,
      STINT_SCOPE: '{}',
    });
    expect(options).to.deep.equal([
      '--user=65532:65532',
      '--read-only',
      '--stop-timeout=120',
      '--memory=512m',
      '--memory-swap=512m',
      '--cpus=0.25',
      '--init',
      '--tmpfs=/tmp:noexec,nosuid,nodev,size=64m',
      '--cap-drop=ALL',
      '--log-driver=fluentd',
      '--log-opt=fluentd-address=127.0.0.1:24224',
      '--log-opt=tag=app-firelens',
      '--log-opt=fluentd-sub-second-precision=true',
    ]);
  });

  it('goes by what the container itself has of memory, entry point, folder and limits', () => {
    const changes = {
      EntryPoint: ['node', '--enable-source-maps'],
      WorkingDirectory: '/app',
      Memory: 300,
      ReadonlyRootFilesystem: false,
      Ulimits: [{ Name: 'nofile', SoftLimit: 1_024, HardLimit: 4_096 }],
    };
    const { command, options } = toContainer(definitionWith(changes), { ...around, image: 'stint:here' });
    expect(command?.[0]).to.equal('--enable-source-maps');
    expect(options).to.include.members([
      '--entrypoint=node',
      '--workdir=/app',
      '--memory=300m',
      '--ulimit=nofile=1024:4096',
    ]);
    expect(options).to.not.include('--read-only');
  });

  it('refuses a secret without a value, a value without a parameter, and logs that go elsewhere', () => {
    const { PAYMENTS_API_KEY: _, ...fewer } = values;
    expect(() => toContainer(definitionWith(), { ...around, values: fewer })).to.throw(
      'expected a value for the secret PAYMENTS_API_KEY of pollpaymentstatusTask, got none; add --env PAYMENTS_API_KEY=…',
    );
    expect(() => toContainer(definitionWith(), { ...around, parameters: {} })).to.throw('add --parameter Image=…');
    const logs = { LogConfiguration: { LogDriver: 'awslogs' } };
    expect(() => toContainer(definitionWith(logs), around)).to.throw('to go to awsfirelens, got awslogs');
  });
});

describe('findTaskDefinitions', () => {
  it('finds what has a job’s container, with those beside it', () => {
    const found = findTaskDefinitions(sampleTemplate(jobs));
    expect(found.map(({ app }) => app.Command.at(-1))).to.deep.equal(jobs.map(({ name }) => name));
    expect(found[0]).to.deep.include({
      cpu: 256,
      memoryMb: 512,
      architecture: 'ARM64',
      beside: [
        { name: 'datadog-agent', isEssential: false },
        { name: 'log-router', isEssential: false },
      ],
    });
    expect(findTaskDefinitions({ Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } })).to.deep.equal([]);
  });

  it('refuses what it would pass over', () => {
    expect(() => definitionWith({ Privileged: true })).to.throw(/pollpaymentstatusTask, container app .*Privileged/);
    expect(() => definitionWith({ MountPoints: [{ ContainerPath: '/data' }] })).to.throw('MountPoints');
    expect(() => definitionWith({}, { Volumes: [{ Name: 'data' }] })).to.throw('Volumes');
    expect(() => findTaskDefinitions({})).to.throw('the template cannot be rehearsed: Resources');
  });
});
