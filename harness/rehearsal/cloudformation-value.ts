/**
 * Values of a CloudFormation template as texts: Ref, Fn::Sub, Fn::Join and Fn::GetAtt, by parameters that are given.
 *
 * Does not guarantee that CloudFormation would come to the same: a Ref to a resource is what a parameter of its name says.
 */
import { RehearsalError } from './rehearsal-error.ts';

/** By name; `Resource.Attribute` for Fn::GetAtt, `AWS::Region` and the like for what CloudFormation knows by itself. */
export type Parameters = Readonly<Record<string, string>>;

/** @throws RehearsalError naming `path` when a parameter is missing, or it is written in a way that is not known here */
export function resolveValue(value: unknown, parameters: Parameters, path: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const [[name = '', argument] = [], ...others] = Object.entries(value ?? {});
  const known = others.length === 0 ? functions[name] : undefined;
  if (known === undefined)
    throw new RehearsalError(
      `expected ${path} to be a text, Ref, Fn::Sub, Fn::Join or Fn::GetAtt, got ${name || typeof value}; write it as one of these`,
    );
  return known(argument, parameters, path);
}

type Resolve = (argument: unknown, parameters: Parameters, path: string) => string;

const functions: Readonly<Record<string, Resolve>> = {
  Ref: (argument, parameters, path) => look(String(argument), parameters, path),
  'Fn::GetAtt': (argument, parameters, path) =>
    look(Array.isArray(argument) ? argument.join('.') : String(argument), parameters, path),
  'Fn::Join': (argument, parameters, path) => {
    const [separator, parts] = argument as readonly [string, readonly unknown[]];
    return parts.map((part) => resolveValue(part, parameters, path)).join(separator);
  },
  'Fn::Sub': (argument, parameters, path) => {
    const [text, more] = Array.isArray(argument)
      ? (argument as [string, Record<string, unknown>])
      : [String(argument), {}];
    const own = Object.entries(more).map(([name, value]) => [name, resolveValue(value, parameters, path)]);
    const all = { ...parameters, ...Object.fromEntries(own) };
    // `${!Literal}` is a text that begins with ${.
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) =>
      literal ? `\${${name}}` : look(name, all, path),
    );
  },
};

function look(name: string, parameters: Parameters, path: string): string {
  const value = parameters[name];
  if (value !== undefined) return value;
  throw new RehearsalError(
    `expected a value for ${name}, which ${path} refers to, got none; add --parameter ${name}=…`,
  );
}
