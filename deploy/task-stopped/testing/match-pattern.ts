/**
 * Whether a pattern of EventBridge selects an event, for the few matchers that ours uses.
 *
 * Of a list of objects it asks for each field by itself, the name of one and the exit code of another: the widest reading.
 */
type Json = unknown;

export function isSelected(pattern: Json, event: Json): boolean {
  return Object.entries(pattern as object).every(([name, wanted]: [string, Json]) => {
    if (name === '$or') return (wanted as Json[]).some((one) => isSelected(one, event));
    const values = valuesOf(event, name);
    if (!Array.isArray(wanted)) return Object.entries(wanted as object).every((one) => isSelectedOf(values, one));
    return wanted.some((one) => isMatch(one, values));
  });
}

function isSelectedOf(values: readonly Json[], [name, wanted]: [string, Json]): boolean {
  return isSelected({ [name]: wanted }, values);
}

function valuesOf(event: Json, name: string): readonly Json[] {
  if (Array.isArray(event)) return event.flatMap((one) => valuesOf(one, name));
  const value = (event as Record<string, Json> | undefined)?.[name];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isMatch(wanted: Json, values: readonly Json[]): boolean {
  if (typeof wanted !== 'object' || wanted === null) return values.includes(wanted);
  const [[kind, operand]] = Object.entries(wanted) as [[string, Json]];
  if (kind === 'exists') return operand === values.length > 0;
  if (kind === 'anything-but') return values.some((value) => !(operand as Json[]).includes(value));
  throw new Error(`expected a matcher known here, got ${kind}`);
}
