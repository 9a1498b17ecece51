import { jobs } from '@stint/jobs/registry';
import { openLog } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { endOfTaskMs } from '../task-end.ts';
import { jobIds } from './names.ts';
import type { Plan } from './plan.ts';
import { routerCheck, sidecarImages } from './sidecars.ts';
import { makeTemplate } from './template.ts';
import { examplePlan, idleJob, propertiesOf } from './testing/example-plan.ts';

interface Container {
  readonly Name: string;
  readonly Image: string;
  readonly StopTimeout: number;
  readonly Secrets: readonly { readonly Name: string; readonly ValueFrom: string }[];
  readonly Environment: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly [name: string]: unknown;
}

function containersOf(plan: Plan, id: string): Record<'app' | 'agent' | 'router', Container> {
  const containers: readonly Container[] = propertiesOf(makeTemplate(plan), id).ContainerDefinitions;
  const find = (name: string) => containers.find(({ Name }) => Name === name)!;
  expect(containers).to.have.length(3);
  return { app: find('app'), agent: find('datadog-agent'), router: find('log-router') };
}

const valuesOf = ({ Environment }: Container) =>
  Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value]));
const secretsOf = ({ Secrets }: Container) =>
  Object.fromEntries(Secrets.map(({ Name, ValueFrom }) => [Name, ValueFrom]));

describe('jobTask', () => {
  const example = containersOf(examplePlan(), 'PollPaymentStatusTaskDefinition');

  it('gives every job more time to stop than it takes to finish what is in flight and to end', () => {
    for (const { name, limits } of jobs) {
      const { app } = containersOf(
        examplePlan({ jobs: jobs.filter((job) => job.name === name) }),
        jobIds(name).taskDefinition,
      );
      expect(app.StopTimeout * 1_000, name).to.be.greaterThan(limits.drainMs + endOfTaskMs);
    }
  });

  it('runs the job with an init process, as nobody, on a root that is read-only, with /tmp to write on', () => {
    expect(example.app).to.deep.include({
      Command: ['task.js', 'poll-payment-status'],
      Essential: true,
      User: '65532:65532',
      ReadonlyRootFilesystem: true,
      StopTimeout: 120,
      LinuxParameters: {
        InitProcessEnabled: true,
        Capabilities: { Drop: ['ALL'] },
        Tmpfs: [{ ContainerPath: '/tmp', Size: 64, MountOptions: ['rw', 'noexec', 'nosuid', 'nodev'] }],
      },
    });
  });

  it('has nothing that keeps the image from saying how it is started', () => {
    expect(example.app).to.not.have.any.keys('EntryPoint', 'WorkingDirectory', 'HealthCheck');
  });

  it('starts the job when the log router takes lines, and ends it for the failure of none of them', () => {
    expect(example.app.DependsOn).to.deep.equal([
      { ContainerName: 'datadog-agent', Condition: 'START' },
      { ContainerName: 'log-router', Condition: 'HEALTHY' },
    ]);
    expect(example.agent.Essential).to.equal(false);
    expect(example.router.Essential).to.equal(false);
    expect(valuesOf(example.router), 'no word for each line').to.deep.equal({ FLB_LOG_LEVEL: 'error' });
    expect(example.router.HealthCheck).to.deep.include({ Command: ['CMD-SHELL', routerCheck] });
    expect(example.router, 'a start that fails and is told, not one that waits').to.include({ StartTimeout: 120 });
  });

  it('sends lines of the job to Datadog, with a key that no option tells', () => {
    const { LogConfiguration: logs } = example.app as unknown as { LogConfiguration: Record<string, unknown> };
    expect(logs.LogDriver).to.equal('awsfirelens');
    expect(logs.Options).to.include({
      Name: 'datadog',
      Host: 'http-intake.logs.datadoghq.eu',
      provider: 'ecs',
    });
    // The router parses each line (parse-json.conf), which takes `log` away: the message is where the log has it.
    const lines: string[] = [];
    openLog({ write: (line) => void lines.push(line) }).info('started');
    const { dd_message_key: key } = logs.Options as Record<string, string>;
    expect(JSON.parse(lines.join(''))).to.have.property(key ?? '', 'started');
    expect(logs.Options).to.not.have.property('apikey');
    expect(logs.SecretOptions).to.deep.equal([{ Name: 'apikey', ValueFrom: examplePlan().settings.datadog.apiKey }]);
  });

  it('has the agent send what it holds when it is told to end', () => {
    expect(valuesOf(example.agent)).to.include({
      ECS_FARGATE: 'true',
      DD_APM_ENABLED: 'true',
      DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS: 'true',
      DD_SITE: 'datadoghq.eu',
    });
    expect(valuesOf(example.agent)).to.include.keys('DD_AGGREGATOR_STOP_TIMEOUT', 'DD_FORWARDER_STOP_TIMEOUT');
    expect(secretsOf(example.agent)).to.have.all.keys('DD_API_KEY');
  });

  it('has the agent tell what tasks at the same time count apart', () => {
    expect(valuesOf(example.agent)).to.include({ DD_DOGSTATSD_TAG_CARDINALITY: 'orchestrator' });
  });

  it('pins the images beside the job to a version, and takes those of the settings', () => {
    for (const image of Object.values(sidecarImages)) expect(image).to.match(/:\d+\.\d+\.\d+$/);
    const own = containersOf(
      examplePlan({ settings: { sidecars: { agent: 'a:1', router: 'r:2' } } }),
      'PublishCitiesTaskDefinition',
    );
    expect([own.agent.Image, own.router.Image]).to.deep.equal(['a:1', 'r:2']);
  });

  it('hands a job the variables and secrets that it declares, and those of Stint, and no others', () => {
    const cities = containersOf(examplePlan(), 'PublishCitiesTaskDefinition').app;
    expect(secretsOf(example.app)).to.have.all.keys('DATABASE_URL', 'PAYMENTS_API_KEY', 'STINT_SLACK_WEBHOOK_URL');
    expect(secretsOf(cities)).to.have.all.keys('DATABASE_URL', 'STINT_SLACK_WEBHOOK_URL');
    expect(valuesOf(example.app)).to.include({
      PAYMENTS_API_URL: 'https://payments.example',
      STINT_TABLE_PREFIX: 'example-',
    });
    expect(valuesOf(example.app)).to.not.have.property('RATES_API_URL');
    expect(valuesOf(cities)).to.not.have.any.keys('PAYMENTS_API_URL', 'RATES_API_URL');
  });

  it('hands every task the database when the ledger is there', () => {
    const { settings } = examplePlan();
    const plan = examplePlan({ settings: { env: { ...settings.env, STINT_LEDGER: 'postgres' } } });
    expect(secretsOf(containersOf(plan, 'SyncExchangeRatesTaskDefinition').app)).to.have.property('DATABASE_URL');
    expect(secretsOf(containersOf(examplePlan(), 'SyncExchangeRatesTaskDefinition').app)).to.not.have.property(
      'DATABASE_URL',
    );
  });

  it('has size, disk and processor of the job', () => {
    const job = idleJob({ task: { cpu: 2_048, memoryMb: 8_192, diskGb: 40, architecture: 'x64' } });
    expect(propertiesOf(makeTemplate(examplePlan({ jobs: [job] })), 'IdleTaskDefinition')).to.deep.include({
      Cpu: '2048',
      Memory: '8192',
      EphemeralStorage: { SizeInGiB: 40 },
      RuntimePlatform: { OperatingSystemFamily: 'LINUX', CpuArchitecture: 'X86_64' },
    });
    const usual = propertiesOf(makeTemplate(examplePlan({ jobs: [idleJob()] })), 'IdleTaskDefinition');
    expect(usual).to.deep.include({ Cpu: '512', Memory: '1024' }).and.not.have.property('EphemeralStorage');
    expect(usual.RuntimePlatform.CpuArchitecture).to.equal('ARM64');
  });

  it('keeps revisions that were replaced, which starts that are tried again name', () => {
    expect(makeTemplate(examplePlan()).Resources.PublishCitiesTaskDefinition).to.include({
      UpdateReplacePolicy: 'Retain',
      DeletionPolicy: 'Delete',
    });
  });
});
