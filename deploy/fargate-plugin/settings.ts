/**
 * What an account and a stage add to the jobs, under `custom.fargate` of the Serverless configuration.
 *
 * Guarantees: all that does not fit is told at once, a line each, before anything is written.
 */
import { z } from 'zod';

const secretArn = z
  .string()
  .regex(
    /^arn:aws[\w-]*:(secretsmanager:[\w-]+:\d{12}:secret:\S+|ssm:[\w-]+:\d{12}:parameter\/\S+)$/,
    'expected the ARN of a secret in Secrets Manager or of a parameter of SSM',
  );
const roleName = /^[A-Z_][A-Z0-9_]*$/;

export const settingsSchema = z.strictObject({
  /** The image of `npm run image`, by digest or tag. */
  image: z.string().min(1),
  vpc: z.strictObject({
    subnets: z.array(z.string().regex(/^subnet-/, 'expected a subnet like subnet-0123')).min(1).max(16),
    securityGroups: z.array(z.string().regex(/^sg-/, 'expected a security group like sg-0123')).min(1).max(5),
    /** For subnets without a NAT. @default false */
    assignPublicIp: z.boolean().default(false),
  }),
  /** Values of the variables that jobs declare, and of Stint's own, as STINT_LEDGER. @default none */
  env: z.record(z.string().regex(roleName, 'expected a name of a variable'), z.string()).default({}),
  /** Where the secrets are that jobs declare, by the name of their variable. @default none */
  secrets: z.record(z.string().regex(roleName, 'expected a name of a variable'), secretArn).default({}),
  datadog: z.strictObject({
    /** @default 'datadoghq.com' */
    site: z.string().min(1).default('datadoghq.com'),
    apiKey: secretArn,
    /** Who is told by monitors: `@slack-ops @pagerduty`. */
    notify: z.string().min(1),
    /** `cloudformation`: monitors are in the template, which needs Datadog's type in the account; `api`: see `jobs monitors --json`. @default 'api' */
    monitors: z.enum(['cloudformation', 'api']).default('api'),
  }),
  /** Images beside the job's. @default those that are pinned in `sidecars.ts` */
  sidecars: z
    .strictObject({ agent: z.string().min(1).optional(), router: z.string().min(1).optional() })
    .default({}),
  /** In CloudWatch, of the sidecars alone: the job's own go to Datadog. @default 30 */
  logRetentionDays: z.number().int().min(1).default(30),
  /** An SNS topic that is told by CloudWatch when a start failed. @default nobody but Datadog is */
  alarmTopic: z.string().regex(/^arn:aws[\w-]*:sns:/, 'expected the ARN of an SNS topic').optional(),
  /** The admin as a service in the cluster. @default none */
  admin: z
    .strictObject({
      /** Where it is reached, for links. */
      url: z.url(),
      /** A target group of a load balancer that is there already. */
      targetGroup: z.string().regex(/^arn:aws[\w-]*:elasticloadbalancing:/, 'expected the ARN of a target group'),
      /** STINT_ADMIN_TOKENS. */
      tokens: secretArn,
    })
    .optional(),
});
export type Settings = z.output<typeof settingsSchema>;
