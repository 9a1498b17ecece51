/**
 * Whether CloudFormation would know what a template holds: types, properties, required ones, kinds of values, and all that it
 * names. By AWS's own specification, offline. Datadog's type is not in it: `datadog-monitor-type.ts`.
 */
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, Resource as ResourceType } from '@aws-cdk/service-spec-types';
import type { Resource, Template, Value } from '../cloudformation.ts';
import { checkDatadogMonitor, datadogMonitorType } from './datadog-monitor-type.ts';

const spec = loadAwsServiceSpecSync();

export function checkTemplate({ Resources }: Pick<Template, 'Resources'>): readonly string[] {
  return Object.entries(Resources).flatMap(([id, resource]) =>
    resource.Type === datadogMonitorType
      ? checkDatadogMonitor(id, resource.Properties)
      : checkProperties(id, resource.Properties, typeOf(resource).properties),
  );
}

/** @throws Error for a type that AWS does not have */
export function typeOf({ Type }: Pick<Resource, 'Type'>): ResourceType {
  return spec.lookup('resource', 'cloudFormationType', 'equals', Type).only();
}

type Properties = Readonly<Record<string, Property>>;

function checkProperties(path: string, given: Readonly<Record<string, Value>>, known: Properties): readonly string[] {
  const missing = Object.entries(known)
    .filter(([name, { required }]) => required === true && !(name in given))
    .map(([name]) => `${path}.${name} is missing`);
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const property = known[name];
    return property === undefined
      ? [`${path}.${name} is unknown`]
      : checkValue(`${path}.${name}`, value, property.type);
  });
  return [...missing, ...wrong];
}

function checkValue(path: string, value: Value, type: PropertyType): readonly string[] {
  if (isIntrinsic(value)) return [];
  const expect = (holds: boolean): readonly string[] =>
    holds ? [] : [`${path}: expected ${type.type}, got ${JSON.stringify(value)}`];
  switch (type.type) {
    case 'string':
      return expect(typeof value === 'string');
    case 'integer':
      return expect(Number.isInteger(value));
    case 'number':
      return expect(typeof value === 'number');
    case 'boolean':
      return expect(typeof value === 'boolean');
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((item, index) => checkValue(`${path}.${index}`, item, type.element))
        : expect(false);
    case 'map':
      return isRecord(value)
        ? Object.entries(value).flatMap(([name, item]) => checkValue(`${path}.${name}`, item, type.element))
        : expect(false);
    case 'ref':
      return isRecord(value)
        ? checkProperties(path, value, spec.get('typeDefinition', type.reference.$ref).properties)
        : expect(false);
    case 'union':
      return type.types.some((one) => checkValue(path, value, one).length === 0) ? [] : expect(false);
    case 'tag':
      return expect(isRecord(value) && typeof value.Key === 'string' && typeof value.Value === 'string');
    case 'json':
      return expect(isRecord(value));
    default:
      return [`${path}: a ${type.type} is not known to this test`];
  }
}

function isRecord(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && !Array.isArray(value);
}

function isIntrinsic(value: Value): boolean {
  return isRecord(value) && Object.keys(value).length === 1 && /^(Ref|Fn::\w+)$/.test(Object.keys(value)[0] ?? '');
}

/** All that the template names and does not have. */
export function checkNames(template: Template): readonly string[] {
  const problems: string[] = [];
  visit(template, (name, value) => {
    if (name === 'Ref') problems.push(...unknownName(template, value as string));
    if (name === 'Fn::GetAtt') problems.push(...unknownAttribute(template, value as [string, string]));
    if (name === 'Fn::Sub')
      problems.push(...unknownPlaceholders(template, value as string | [string, Record<string, Value>]));
  });
  return problems;
}

function unknownName({ Resources }: Template, name: string): readonly string[] {
  return name.startsWith('AWS::') || Resources[name] !== undefined ? [] : [`nothing is called ${name}`];
}

function unknownAttribute(template: Template, [id, attribute]: [string, string]): readonly string[] {
  const resource = template.Resources[id];
  if (resource === undefined) return unknownName(template, id);
  return attribute in typeOf(resource).attributes ? [] : [`${id} has no attribute ${attribute}`];
}

function unknownPlaceholders(template: Template, value: string | [string, Record<string, Value>]): readonly string[] {
  const [text, variables] = typeof value === 'string' ? [value, {}] : value;
  const names = [...text.matchAll(/\$\{([^}]+)\}/g)].map(([, name = '']) => name);
  return names.filter((name) => !(name in variables)).flatMap((name) => unknownName(template, name));
}

export function visit(value: unknown, tell: (name: string, value: unknown) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    tell(name, inner);
    visit(inner, tell);
  }
}
