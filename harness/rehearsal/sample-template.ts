/** A template with a task definition for each job, as CloudFormation has them: for tests, and for where none was packaged yet. */
import type { Job } from '@stint/sdk';
import { appName } from './task-definition.ts';

const secretArn = {
  'Fn::Sub': 'arn:$' + '{AWS::Partition}:secretsmanager:$' + '{AWS::Region}:$' + '{AWS::AccountId}:secret:stint',
};

export function sampleTemplate(jobs: readonly Job[]): object {
  return { Resources: Object.fromEntries(jobs.map((job) => [`${job.name.replaceAll('-', '')}Task`, taskOf(job)])) };
}

function taskOf({ name, env, secrets }: Job): object {
  const declared = new Set([...secrets, 'DATABASE_URL', 'STINT_SLACK_WEBHOOK_URL']);
  return {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      Family: `stint-${name}`,
      RequiresCompatibilities: ['FARGATE'],
      NetworkMode: 'awsvpc',
      Cpu: '256',
      Memory: '512',
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      ContainerDefinitions: [
        {
          Name: appName,
          Image: { Ref: 'Image' },
          Essential: true,
          Command: ['task.js', name],
          User: '65532:65532',
          ReadonlyRootFilesystem: true,
          StopTimeout: 120,
          LinuxParameters: {
            InitProcessEnabled: true,
            Capabilities: { Drop: ['ALL'] },
            Tmpfs: [{ ContainerPath: '/tmp', Size: 64, MountOptions: ['noexec', 'nosuid', 'nodev'] }],
          },
          Environment: [
            { Name: 'AWS_REGION', Value: { Ref: 'AWS::Region' } },
            { Name: 'DD_AGENT_HOST', Value: '127.0.0.1' },
            { Name: 'DD_ENV', Value: 'rehearsal' },
            { Name: 'STINT_LEDGER', Value: 'postgres' },
            ...Object.keys(env.shape).map((variable) => ({ Name: variable, Value: 'https://api.example' })),
          ],
          Secrets: [...declared].map((Name) => ({ Name, ValueFrom: secretArn })),
          DependsOn: [
            { ContainerName: 'datadog-agent', Condition: 'START' },
            { ContainerName: 'log-router', Condition: 'HEALTHY' },
          ],
          LogConfiguration: {
            LogDriver: 'awsfirelens',
            Options: {
              Name: 'datadog',
              dd_service: 'stint',
              dd_source: 'nodejs',
              dd_message_key: 'msg',
              provider: 'ecs',
            },
            SecretOptions: [{ Name: 'apikey', ValueFrom: secretArn }],
          },
        },
        { Name: 'datadog-agent', Image: 'public.ecr.aws/datadog/agent:7', Essential: false },
        { Name: 'log-router', Image: 'public.ecr.aws/aws-observability/aws-for-fluent-bit:3', Essential: false },
      ],
    },
  };
}
