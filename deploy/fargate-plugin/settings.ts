/**
 * What an account and a stage add to the jobs, under `custom.fargate` of the Serverless configuration: in `deploy/stages/<stage>.json`.
 *
 * Guarantees: all that does not fit is told at once, a line each, before anything is written. No value is told.
 */
import { z } from 'zod';
import { defaultRegion } from './names.ts';

const secretsManagerArn =
  /^arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}(:[^:\s]*:[^:\s]*:[^:\s]*)?$/;
const parameterArn = /^arn:aws[\w-]*:ssm:[\w-]+:\d{12}:parameter\/[\w./-]+$/;

const managedSecret = z
  .string()
  .regex(
    secretsManagerArn,
    'expected the ARN of a secret in Secrets Manager, with the six characters at its end, and :<key>:: behind it for one member',
  );
const secretArn = z
  .string()
  .refine(
    (text) => secretsManagerArn.test(text) || parameterArn.test(text),
    'expected the ARN of a secret in Secrets Manager, with the six characters at its end, or of a parameter of SSM',
  );
const variable = z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'expected the name of a variable');

/** As CloudWatch has it. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** A digest is whole or it is none: ECS would tell of it when the first task starts. */
const imageReference = /^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;

export const settingsSchema = z.strictObject({
  /** @default 'eu-central-1' */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a region like eu-central-1')
    .default(defaultRegion),
  /** The image of `npm run image`, by digest or tag; `--param image=…` goes before it. */
  image: z
    .string()
    .regex(imageReference, 'expected an image like 111122223333.dkr.ecr.eu-central-1.amazonaws.com/stint@sha256:…'),
  vpc: z.strictObject({
    subnets: z
      .array(z.string().regex(/^subnet-/, 'expected a subnet like subnet-0123'))
      .min(1, 'expected at least one subnet, got none')
      .max(16, 'expected at most 16 subnets, which is what ECS takes'),
    securityGroups: z
      .array(z.string().regex(/^sg-/, 'expected a security group like sg-0123'))
      .min(1, 'expected at least one security group, got none')
      .max(5, 'expected at most 5 security groups, which is what ECS takes'),
    /** For subnets without a NAT. @default false */
    assignPublicIp: z.boolean().default(false),
  }),
  /**
   * Values of variables: of those that jobs declare, for the jobs that do; all others, such as STINT_LEDGER, for every task.
   * STINT_LEDGER has to be there: a ledger in memory ends with its task. @default none
   */
  env: z.record(variable, z.string()).default({}),
  /**
   * Where the secrets are that jobs declare, by the name of their variable; and STINT_SLACK_WEBHOOK_URL for every task.
   * DATABASE_URL is for every task when the ledger is there. @default none
   */
  secrets: z.record(variable, secretArn).default({}),
  /** ARNs of keys of one's own in KMS that the secrets are encrypted with. @default none: the account's own key for secrets */
  kmsKeys: z
    .array(z.string().regex(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\//, 'expected the ARN of a key in KMS'))
    .default([]),
  /** With DATABASE_AUTH=iam: the user that tasks log in as, as IAM names it. @default none: DATABASE_URL has a password */
  databaseUser: z
    .string()
    .regex(
      /^arn:aws[\w-]*:rds-db:[\w-]+:\d{12}:dbuser:[\w-]+\/[\w.@-]+$/,
      'expected an ARN like arn:aws:rds-db:eu-central-1:111122223333:dbuser:cluster-0123/stint',
    )
    .optional(),
  datadog: z.strictObject({
    /** @default 'datadoghq.com' */
    site: z
      .string()
      .regex(/^[a-z0-9.-]+$/, 'expected a site like datadoghq.eu')
      .default('datadoghq.com'),
    apiKey: managedSecret,
    /** Who is told by monitors: `@slack-ops @pagerduty`. */
    notify: z.string().regex(/^@/, 'expected whom to tell, like "@slack-ops @pagerduty"'),
    /** Where the runbook is, for messages of monitors and alarms: an address that opens in a browser. @default 'deploy/README.md' */
    runbook: z.string().min(1).default('deploy/README.md'),
    /** `cloudformation`: monitors are in the template, which needs Datadog's type in the account; `api`: see `jobs monitors --json`. @default 'api' */
    monitors: z.enum(['cloudformation', 'api']).default('api'),
  }),
  /** Images beside the job's. @default those that are pinned in `sidecars.ts` */
  sidecars: z.strictObject({ agent: z.string().min(1).optional(), router: z.string().min(1).optional() }).default({}),
  /** In CloudWatch, of the sidecars and the Lambda function alone: the job's own go to Datadog. @default 30 */
  logRetentionDays: z
    .number()
    .refine((days) => retentionDays.includes(days), `expected one of CloudWatch's: ${retentionDays.join(', ')}`)
    .default(30),
  /** An SNS topic that is told by CloudWatch when a start failed. @default nobody but Datadog is */
  alarmTopic: z
    .string()
    .regex(/^arn:aws[\w-]*:sns:/, 'expected the ARN of an SNS topic')
    .optional(),
  /** The admin as a service in the cluster. @default none */
  admin: z
    .strictObject({
      /** Where it is reached, for links. */
      url: z.url('expected a URL like https://stint.example'),
      /** A target group of a load balancer that is there already: type ip, port 8080. */
      targetGroup: z.string().regex(/^arn:aws[\w-]*:elasticloadbalancing:/, 'expected the ARN of a target group'),
      /** STINT_ADMIN_TOKENS. */
      tokens: secretArn,
      /** STINT_ADMIN_SESSION_SECRET. @default none: sessions are signed with the tokens' hashes */
      sessionSecret: secretArn.optional(),
    })
    .optional(),
});
export type Settings = z.output<typeof settingsSchema>;

export type ReadSettings =
  | { readonly settings: Settings; readonly problems: readonly [] }
  | { readonly settings: undefined; readonly problems: readonly string[] };

/** `file`: where people write them, to say where something is missing. */
export function readSettings(given: unknown, file: string): ReadSettings {
  if (given === undefined || given === null) {
    return {
      settings: undefined,
      problems: [`expected the settings of the stage in ${file}, got none; copy deploy/stages/example.json`],
    };
  }
  const { data, error } = settingsSchema.safeParse(given);
  if (data !== undefined) return { settings: data, problems: [] };
  return { settings: undefined, problems: error.issues.flatMap((issue) => linesOf(issue, file)) };
}

function linesOf(issue: z.core.$ZodIssue, file: string): readonly string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const where = path === '' ? '' : `${path}.`;
    return issue.keys.map((key) => `${where}${key}: unknown setting; take it out of ${file}`);
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    const or = path === 'image' ? ', or give --param image=<repository>@sha256:<digest>' : '';
    return [`${path}: is not set; put it into ${file}${or}`];
  }
  const message = issue.code === 'invalid_key' ? 'expected the name of a variable, like STINT_LEDGER' : issue.message;
  return [`${path || 'the settings'}: ${message.replace(/^Invalid input: /, '')} (${file})`];
}
