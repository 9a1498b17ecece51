/** What a template of CloudFormation is made of, and the few ways in which one thing in it names another. */

export type Value = string | number | boolean | readonly Value[] | { readonly [name: string]: Value };

export interface Resource {
  readonly Type: string;
  readonly Properties: { readonly [name: string]: Value };
  readonly DependsOn?: readonly string[];
  readonly UpdateReplacePolicy?: 'Retain';
  readonly DeletionPolicy?: 'Delete';
}

/** By logical id. */
export type Resources = Readonly<Record<string, Resource>>;

export interface Output {
  readonly Description: string;
  readonly Value: Value;
}

export interface Template {
  readonly Resources: Resources;
  readonly Outputs: Readonly<Record<string, Output>>;
}

export function ref(id: string): Value {
  return { Ref: id };
}

export function attribute(id: string, name: string): Value {
  return { 'Fn::GetAtt': [id, name] };
}

export const account = ref('AWS::AccountId');

/** What `Fn::Sub` puts something in for. */
export function placeholder(name: string): string {
  return `\${${name}}`;
}

/** ARN of something in the stack's own account and region: `arn('dynamodb', 'table/cities')`. */
export function arn(service: string, resource: string): Value {
  return partitionArn(`${service}:${placeholder('AWS::Region')}:${placeholder('AWS::AccountId')}:${resource}`);
}

/** `rest`: what follows the partition, which is another one in China. */
export function partitionArn(rest: string): Value {
  return { 'Fn::Sub': `arn:${placeholder('AWS::Partition')}:${rest}` };
}

/** As most types take their tags. */
export function tagList(tags: Readonly<Record<string, string>>): Value {
  return Object.entries(tags).map(([Key, value]) => ({ Key, Value: value }));
}

/** @throws Error when two have one id: one of them would silently be left out */
export function joinResources(...parts: readonly Resources[]): Resources {
  const joined: Record<string, Resource> = {};
  for (const [id, resource] of parts.flatMap((part) => Object.entries(part))) {
    if (joined[id] !== undefined) throw new Error(`expected one resource ${id} in the template, got two`);
    joined[id] = resource;
  }
  return joined;
}
