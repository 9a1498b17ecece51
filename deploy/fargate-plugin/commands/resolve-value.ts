/**
 * Values of a CloudFormation template as far as they are known before it is deployed.
 *
 * Guarantees: what cannot be known (an account's number, the end of a name that CloudFormation makes up) becomes `unknown`, which fits
 * anything; it never becomes a wrong value.
 */
import type { RegionalPlace, Template } from './world.ts';

/** Stands for any text. Of Unicode's private use: no name has it. */
export const unknown = '\uE000';

/** Numbers and booleans become text; keys stay. */
export type Plain = string | readonly Plain[] | { readonly [key: string]: Plain };

export interface Ground {
  readonly template: Template;
  readonly place: RegionalPlace;
}

/** `value` with each intrinsic function replaced by what it will be. */
export function resolveValue(value: unknown, ground: Ground): Plain {
  if (Array.isArray(value)) return value.map((each) => resolveValue(each, ground));
  if (typeof value !== 'object' || value === null) return String(value);
  const [name = '', ...others] = Object.keys(value);
  if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::')))
    return resolveFunction(name, Object.values(value)[0], ground);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolveValue(each, ground)]));
}

/** As `resolveValue`, of what is to be text. */
export function resolveText(value: unknown, ground: Ground): string {
  const resolved = resolveValue(value, ground);
  return typeof resolved === 'string' ? resolved : unknown;
}

/** Whether `actual` may be what `expected` stands for. */
export function fits(expected: string, actual: string): boolean {
  if (!expected.includes(unknown)) return expected === actual;
  const literal = expected.split(unknown).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's').test(actual);
}

/** For people: `arn:aws:iam::…:role/…`. */
export function shown(expected: string): string {
  return expected.replaceAll(/\uE000+/g, '…');
}

function resolveFunction(name: string, argument: unknown, ground: Ground): string {
  switch (name) {
    case 'Ref':
      return referenced(String(argument), ground);
    case 'Fn::GetAtt':
      return attribute(Array.isArray(argument) ? argument.map(String) : String(argument).split('.'), ground);
    case 'Fn::Sub':
      return substituted(argument, ground);
    case 'Fn::Join':
      return joined(argument, ground);
    default:
      return unknown;
  }
}

/** What names a resource, by its type. */
const nameProperties: Readonly<Record<string, string>> = {
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::Scheduler::ScheduleGroup': 'Name',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Lambda::Function': 'FunctionName',
};

function referenced(id: string, ground: Ground): string {
  if (id === 'AWS::Region') return ground.place.region;
  const resource = ground.template.Resources[id];
  if (resource === undefined) return unknown;
  if (resource.Type === 'AWS::ECS::TaskDefinition')
    return `${unknown}:task-definition/${resolveText(resource.Properties?.Family, ground)}:${unknown}`;
  const name = nameOf(id, ground);
  // Refs to a queue and to a topic are not their names.
  return resource.Type === 'AWS::SQS::Queue' ? `${unknown}/${name}` : name;
}

function nameOf(id: string, ground: Ground): string {
  const resource = ground.template.Resources[id];
  const given = resource?.Properties?.[nameProperties[resource.Type] ?? ''];
  return given === undefined ? unknown : resolveText(given, ground);
}

function attribute([id = '', name = '']: readonly string[], ground: Ground): string {
  if (name !== 'Arn') return unknown;
  const service = ground.template.Resources[id]?.Type.split('::')[1]?.toLowerCase() ?? unknown;
  return `arn:${unknown}:${service}:${unknown}${nameOf(id, ground)}`;
}

function substituted(argument: unknown, ground: Ground): string {
  const [text, values] = Array.isArray(argument) ? argument : [argument, {}];
  const own = (values ?? {}) as Readonly<Record<string, unknown>>;
  return String(text).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (Object.hasOwn(own, name)) return resolveText(own[name], ground);
    return name.includes('.') ? attribute(name.split('.'), ground) : referenced(name, ground);
  });
}

function joined(argument: unknown, ground: Ground): string {
  const [separator, parts] = Array.isArray(argument) ? argument : ['', []];
  if (!Array.isArray(parts)) return unknown;
  return parts.map((part) => resolveText(part, ground)).join(String(separator));
}
