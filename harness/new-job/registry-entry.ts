/** Enters a new job, or its fake, in a registry: a file with imports and one exported list of what they import. */
import { StintError, UsageError } from '@stint/sdk';

export interface RegistryEntry {
  /** The registry, for messages. */
  readonly path: string;
  /** The whole line, such as `import syncStock from './sync-stock/job.ts';`. */
  readonly importLine: string;
  readonly identifier: string;
}

const list = /^(export const \w+: readonly [^=]+ = )\[([^\]]*)\];$/m;

/**
 * The registry's text with the entry, in the order of the alphabet; imports are left to the formatter.
 * @throws UsageError when the identifier is taken; StintError `STINT_REGISTRY` when the text has no list that could be understood
 */
export function withEntry(text: string, { path, importLine, identifier }: RegistryEntry): string {
  const [found, head, entries] = list.exec(text) ?? [];
  const lastImport = text.lastIndexOf('\nimport ');
  if (found === undefined || entries === undefined || lastImport === -1) {
    throw new StintError(
      'STINT_REGISTRY',
      `expected ${path} to have imports and one list like "export const jobs: readonly Job[] = [one, two];", got another form; restore it, then again`,
    );
  }
  const names = entries.split(',').flatMap((name) => name.trim() || []);
  if (names.includes(identifier)) {
    // `sync-2` and `sync2` are two names, and one identifier.
    throw new UsageError(
      `expected a name of its own, got one that is ${identifier} in ${path} as another is; choose another`,
    );
  }
  const withList = text.replace(found, () => `${head}[${[...names, identifier].sort().join(', ')}];`);
  return `${withList.slice(0, lastImport)}\n${importLine}${withList.slice(lastImport)}`;
}
