/** A role of IAM, with its own policy written into it: nothing else can change what it allows. */
import { account, type Resource, tagList, type Value } from './cloudformation.ts';

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly Value[];
  /** @default none */
  readonly conditions?: { readonly [operator: string]: Value };
}

export interface RoleOptions {
  /** `ecs-tasks.amazonaws.com` */
  readonly service: string;
  /** Whether only this account's own things may be what the service acts for; not all services say so. */
  readonly ownAccountOnly: boolean;
  readonly statements: readonly Statement[];
  readonly tags: Readonly<Record<string, string>>;
}

export function role({ service, ownAccountOnly, statements, tags }: RoleOptions): Resource {
  const policy = { PolicyName: 'stint', PolicyDocument: policyDocument(statements) };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: service },
            Action: 'sts:AssumeRole',
            ...(ownAccountOnly ? { Condition: { StringEquals: { 'aws:SourceAccount': account } } } : {}),
          },
        ],
      },
      ...(statements.length === 0 ? {} : { Policies: [policy] }),
      Tags: tagList(tags),
    },
  };
}

export function policyDocument(statements: readonly Statement[]): Value {
  return { Version: '2012-10-17', Statement: statements.map(toStatement) };
}

function toStatement({ actions, resources, conditions }: Statement): Value {
  return { Effect: 'Allow', Action: actions, Resource: resources, ...(conditions ? { Condition: conditions } : {}) };
}
