/** What ECS itself may do to start a task: pull its images, hand it its secrets, write its sidecars' logs. One for each job. */
import { partitionArn, type Resource, type Value } from './cloudformation.ts';
import { mayWriteLogs } from './log-groups.ts';
import { ids } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';
import { role, type Statement } from './role.ts';

/** `secrets`: ARNs as a task definition names them. */
export function executionRole(plan: Plan, job: string, secrets: readonly string[]): Resource {
  const { image, sidecars, kmsKeys } = plan.settings;
  const images = [image, sidecars.agent, sidecars.router].flatMap((name) => name ?? []);
  return role({
    service: 'ecs-tasks.amazonaws.com',
    ownAccountOnly: false,
    statements: [...mayPull(images), ...mayRead(secrets, kmsKeys), mayWriteLogs(ids.sidecarLogs)],
    tags: tagsOf(plan, job),
  });
}

const ecrImage = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([\w-]+)\.(?:amazonaws\.com|amazonaws\.com\.cn|on\.aws)\/([^:@]+)/;

function mayPull(images: readonly string[]): readonly Statement[] {
  const repositories = images.flatMap((image) => {
    const [, account, region, repository] = ecrImage.exec(image) ?? [];
    if (repository === undefined) return [];
    return partitionArn(`ecr:${region}:${account}:repository/${repository}`);
  });
  // What is not in ECR is pulled without leave of the account.
  if (repositories.length === 0) return [];
  return [
    {
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: repositories,
    },
    { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
  ];
}

/** `secrets`, and no others. */
export function mayRead(secrets: readonly string[], kmsKeys: readonly string[]): readonly Statement[] {
  const arns = [...new Set(secrets.map(withoutMember))].sort();
  const managed = arns.filter((arn) => arn.includes(':secretsmanager:'));
  const parameters = arns.filter((arn) => arn.includes(':ssm:'));
  const allow = (action: string, resources: readonly Value[]): readonly Statement[] =>
    resources.length === 0 ? [] : [{ actions: [action], resources }];
  return [
    ...allow('secretsmanager:GetSecretValue', managed),
    ...allow('ssm:GetParameters', parameters),
    ...allow('kms:Decrypt', kmsKeys),
  ];
}

/** `…:secret:<name>:<key>:<stage>:<version>` is the secret `…:secret:<name>`. */
function withoutMember(arn: string): string {
  return arn.includes(':secretsmanager:') ? arn.split(':').slice(0, 7).join(':') : arn;
}
