/** Checks all parts of a definition before it refuses it: whoever corrects it sees all that is wrong at once, a line each. */
import { DefinitionError } from './errors.ts';

type Parts = Readonly<Record<string, () => unknown>>;

/**
 * What each part gives.
 * @throws DefinitionError with the lines of all that threw one; at once, any other error
 */
export function resolveAll<TParts extends Parts>(
  parts: TParts,
): { readonly [Key in keyof TParts]: ReturnType<TParts[Key]> } {
  const lines: string[] = [];
  const resolved = Object.entries(parts).map(([name, resolve]) => {
    try {
      return [name, resolve()];
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      lines.push(error.message);
      return [name, undefined];
    }
  });
  if (lines.length > 0) throw new DefinitionError(lines.join('\n'));
  return Object.fromEntries(resolved);
}

/** @throws DefinitionError with the lines of all that threw one; at once, any other error */
export function checkAll(...checks: readonly (() => void)[]): void {
  resolveAll(Object.fromEntries(checks.entries()));
}
