/** Names and values of a query or a form. */

/**
 * All values by their names, in one pass: asked for each name by itself, tens of thousands of names take a server many seconds.
 * Percent signs that encode nothing are taken as they are.
 */
export function readParameters(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  return values;
}
