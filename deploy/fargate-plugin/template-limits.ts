/**
 * Whether AWS takes a template of this size: a line for each quota that it passes, before anything is deployed.
 *
 * Does not guarantee quotas of the account, such as roles: those can be raised.
 */
import type { Resource, Template, Value } from './cloudformation.ts';

/** Of CloudFormation, for a stack; two are Serverless's own: its bucket and the bucket's policy. */
const mostResources = 500 - 2;
/** Of CloudFormation, for a template in S3, less what Serverless adds. */
const mostBytes = 1_000_000;
/** Of IAM, in characters without white space. */
const mostInPolicies = { 'AWS::IAM::Role': 10_240, 'AWS::IAM::ManagedPolicy': 6_144 } as const;

/** ARN of a role whose name CloudFormation makes up, which has 64 characters. */
const longestArn = 'arn:aws-us-gov:iam::123456789012:role/'.length + 64;
const longestPseudo = 'ap-southeast-1'.length;

export function checkLimits(template: Template): readonly string[] {
  const resources = Object.entries(template.Resources);
  const bytes = Buffer.byteLength(JSON.stringify(template));
  const problems = resources.flatMap(([id, resource]) => checkPolicies(id, resource));
  if (resources.length > mostResources)
    problems.push(
      `expected at most ${mostResources} resources, which is what CloudFormation takes, got ${resources.length}; keep monitors out of the template, or deploy some jobs as a service of their own`,
    );
  if (bytes > mostBytes)
    problems.push(
      `expected a template of at most ${mostBytes} bytes, which is what CloudFormation takes, got ${bytes}; deploy some jobs as a service of their own`,
    );
  return problems;
}

function checkPolicies(id: string, { Type, Properties }: Resource): string[] {
  if (Type !== 'AWS::IAM::Role' && Type !== 'AWS::IAM::ManagedPolicy') return [];
  const most = mostInPolicies[Type];
  const documents = Type === 'AWS::IAM::Role' ? policiesOf(Properties) : [Properties.PolicyDocument ?? {}];
  const length = documents.reduce((sum: number, document) => sum + lengthOf(document), 0);
  if (length <= most) return [];
  return [
    `${id}: expected policies of at most ${most} characters, which is what IAM takes, got up to ${length}; declare fewer tables or secrets in one job`,
  ];
}

function policiesOf({ Policies = [] }: Resource['Properties']): readonly Value[] {
  return (Policies as readonly { readonly PolicyDocument: Value }[]).map(({ PolicyDocument }) => PolicyDocument);
}

/** As long as it gets when CloudFormation has put in what it refers to. */
function lengthOf(document: Value): number {
  const resolved = JSON.stringify(document, (_, value) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('Fn::GetAtt' in value) return '-'.repeat(longestArn);
    if ('Ref' in value) return '-'.repeat(longestPseudo);
    if ('Fn::Sub' in value) return String(value['Fn::Sub']).replace(/\$\{[^}]+\}/g, '-'.repeat(longestPseudo));
    return value;
  });
  return resolved.replace(/\s/g, '').length;
}
