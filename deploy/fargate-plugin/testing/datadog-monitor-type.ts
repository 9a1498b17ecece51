/** What `Datadog::Monitors::Monitor` 4.9 takes, of its schema in DataDog/datadog-cloudformation-resources. */
import type { Resource, Value } from '../cloudformation.ts';

export const datadogMonitorType = 'Datadog::Monitors::Monitor';

const kinds: Readonly<Record<string, (value: Value) => boolean>> = {
  Type: (value) => value === 'query alert',
  Query: (value) => typeof value === 'string',
  Name: (value) => typeof value === 'string',
  Message: (value) => typeof value === 'string',
  Tags: (value) => Array.isArray(value) && value.every((tag) => typeof tag === 'string'),
  Priority: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 5,
  Options: (value) => Object.entries(value).every(([name, option]) => optionKinds[name]?.(option)),
};
const optionKinds: Readonly<Record<string, (value: Value) => boolean>> = {
  Thresholds: (value) =>
    Object.keys(value).join() === 'Critical' && Number.isFinite(Reflect.get(Object(value), 'Critical')),
  IncludeTags: (value) => typeof value === 'boolean',
  RequireFullWindow: (value) => typeof value === 'boolean',
  OnMissingData: (value) => ['default', 'show_no_data', 'show_and_notify_no_data', 'resolve'].includes(String(value)),
};

export function checkDatadogMonitor(id: string, properties: Resource['Properties']): readonly string[] {
  const wrong = Object.entries(properties).filter(([name, value]) => !kinds[name]?.(value));
  const missing = ['Type', 'Query'].filter((name) => !(name in properties));
  return [
    ...wrong.map(([name]) => `${id}.${name} is unknown or wrong`),
    ...missing.map((name) => `${id}.${name} is missing`),
  ];
}
