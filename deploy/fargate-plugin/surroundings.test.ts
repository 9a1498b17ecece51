import { expect } from 'chai';
import { describe, it } from 'mocha';
import { resolveAdminConfig } from '../admin/config.ts';
import { attribute } from './cloudformation.ts';
import { makeTemplate } from './template.ts';
import { examplePlan, idleJob, propertiesOf } from './testing/example-plan.ts';

const template = makeTemplate(examplePlan());

/** What a container of a task finds, secrets filled in. */
function environmentIn(id: string, filled: Readonly<Record<string, string>>): Record<string, string> {
  const [app] = propertiesOf(template, id).ContainerDefinitions;
  const given = app.Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [
    Name,
    typeof Value === 'string' ? Value : 'eu-central-1',
  ]);
  const secrets = app.Secrets.map(({ Name }: { Name: string }) => [Name, filled[Name] ?? 'secret']);
  return Object.fromEntries([...given, ...secrets]);
}

describe('admin', () => {
  it('is a service behind the load balancer, on the network of the tasks', () => {
    const service = propertiesOf(template, 'AdminService');
    expect(service.LoadBalancers).to.deep.equal([
      { ContainerName: 'app', ContainerPort: 8_080, TargetGroupArn: examplePlan().settings.admin?.targetGroup },
    ]);
    expect(service.NetworkConfiguration.AwsvpcConfiguration.Subnets).to.have.length(2);
    expect(propertiesOf(template, 'AdminServiceTaskDefinition').ContainerDefinitions[0]).to.deep.include({
      Command: ['admin.js'],
      PortMappings: [{ ContainerPort: 8_080, Protocol: 'tcp' }],
    });
  });

  it('is started with what the admin takes, and starts tasks of the families of the jobs', () => {
    const hash = 'a'.repeat(64);
    const tokens = JSON.stringify([{ name: 'ops', role: 'admin', sha256: hash }]);
    const config = resolveAdminConfig(environmentIn('AdminServiceTaskDefinition', { STINT_ADMIN_TOKENS: tokens }));
    expect(config).to.deep.include({ host: '0.0.0.0', port: 8_080, trustProxy: true, target: 'task' });
    expect(config.task).to.deep.include({
      cluster: 'stint-example',
      taskDefinition: 'stint-example-{job}',
      container: 'app',
      securityGroups: ['sg-00000000000000001'],
    });
  });

  it('has no secret and no variable of a job', () => {
    const environment = environmentIn('AdminServiceTaskDefinition', {});
    expect(environment).to.include.keys('STINT_LEDGER', 'STINT_ADMIN_TOKENS', 'STINT_SLACK_WEBHOOK_URL');
    expect(environment).to.not.have.any.keys('DATABASE_URL', 'PAYMENTS_API_KEY', 'PAYMENTS_API_URL');
  });

  it('is on the processor of the jobs: there is one image', () => {
    const architectureOf = (architecture: 'x64' | 'arm64') => {
      const plan = examplePlan({ jobs: [idleJob({ task: { architecture } })] });
      return propertiesOf(makeTemplate(plan), 'AdminServiceTaskDefinition').RuntimePlatform.CpuArchitecture;
    };
    expect([architectureOf('x64'), architectureOf('arm64')]).to.deep.equal(['X86_64', 'ARM64']);
  });
});

describe('alarms of starts', () => {
  const alarms = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm');

  it('tell the topic of a start that was given up, of those that ECS refuses again and again, and of a task that was not counted', () => {
    expect(alarms.map(([, { Properties }]) => Properties.MetricName)).to.have.members([
      'ApproximateNumberOfMessagesVisible',
      'ApproximateNumberOfMessagesVisible',
      'TargetErrorCount',
      'InvocationDroppedCount',
    ]);
    for (const [id, { Properties }] of alarms) {
      expect(Properties.AlarmActions, id).to.deep.equal(['arn:aws:sns:eu-central-1:111122223333:stint-example-alarms']);
      expect(Properties.AlarmDescription, id).to.match(
        /^stint example: .+; what to do: https:.*\/README\.md#(start-failed|stopped-task-not-counted)$/,
      );
      expect(Properties, id).to.include({
        Threshold: Properties.MetricName === 'TargetErrorCount' ? 2 : 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      });
    }
  });

  it('are there without a topic, too', () => {
    const { Resources } = makeTemplate(examplePlan({ settings: { alarmTopic: undefined } }));
    for (const [id] of alarms) expect(Resources[id]?.Properties).to.not.have.property('AlarmActions');
  });
});

describe('stoppedTasks', () => {
  it('hands events of the cluster to the function, which may read the key and tell the queue what it could not count', () => {
    const rule = propertiesOf(template, 'TaskStoppedRule');
    expect(rule.EventPattern.detail.clusterArn).to.deep.equal([attribute('Cluster', 'Arn')]);
    expect(rule.Targets[0].Arn).to.deep.equal(attribute('TaskStoppedFunction', 'Arn'));
    expect(propertiesOf(template, 'TaskStoppedPermission')).to.deep.include({
      Principal: 'events.amazonaws.com',
      SourceArn: attribute('TaskStoppedRule', 'Arn'),
    });
    const { apiKey } = examplePlan().settings.datadog;
    const [policy] = propertiesOf(template, 'TaskStoppedRole').Policies;
    expect(policy.PolicyDocument.Statement[0]).to.deep.include({
      Action: ['secretsmanager:GetSecretValue'],
      Resource: [apiKey],
    });
    expect(propertiesOf(template, 'TaskStoppedFunction')).to.deep.include({
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      DeadLetterConfig: { TargetArn: attribute('TaskStoppedDeadLetters', 'Arn') },
      Environment: {
        Variables: {
          DD_API_KEY_SECRET_ARN: apiKey,
          DD_SITE: 'datadoghq.eu',
          DD_ENV: 'example',
          STINT_FAMILY_PREFIX: 'stint-example-',
        },
      },
    });
  });
});
