/**
 * What stands on the command line and osls passes over in silence: words after the flags, and flags in a form that it does not know.
 *
 * A run of everything must not come of `--scope.tenantId=t-1`, nor one in earnest of `---dry-run`. Flags in its own form osls checks itself.
 */
import { UsageError } from '@stint/sdk';
import { commandFlags } from './definitions.ts';

// As osls knows a flag.
const flag = /^-(-[a-zA-Z][\w:-]+|[a-z]+)(=|$)/;
const scopeField = /^--scope\.([^=]+)/;

/** @param args all of the command line after the program @throws UsageError naming the first that would be passed over */
export function checkArguments(args: readonly string[]): void {
  const given = args.slice(Math.max(0, args.findIndex(isFlag)));
  const stray = given.find((arg, index) => !isFlag(arg) && !takesValue(given[index - 1]));
  if (stray === undefined || !given.some(isFlag)) return;
  const field = scopeField.exec(stray)?.[1];
  throw new UsageError(
    field === undefined
      ? `expected flags only after the command, got "${stray}"; see --help for those that there are`
      : `expected the scope as JSON, got ${stray}; write --scope '{"${field}":…}'`,
  );
}

function isFlag(arg: string): boolean {
  return flag.test(arg);
}

/** Whether the next one is its value. */
function takesValue(before: string | undefined): boolean {
  return (
    before !== undefined && isFlag(before) && !before.includes('=') && !commandFlags.has(before.replace(/^-+/, ''))
  );
}
