/** What a check's error tells: the message, and for a comparison what was expected and what came. */
import type { QaFailure } from './qa-report.ts';

const longest = 2_000;

/** @param root of the repository: places are told from there */
export function failureOf(error: unknown, root: string): QaFailure {
  if (!(error instanceof Error)) return { ...noComparison, message: `threw ${String(error)}`, place: undefined };
  const { expected, actual } = error as { expected?: unknown; actual?: unknown };
  const compares = Object.hasOwn(error, 'expected') && Object.hasOwn(error, 'actual');
  return {
    message: error.message.slice(0, longest),
    ...(compares ? { expected: shown(expected), actual: shown(actual) } : noComparison),
    place: placeOf(error.stack ?? '', root),
  };
}

const noComparison = { expected: undefined, actual: undefined };

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? String(value));
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** The first line of the stack that is in a check, else the first that is in this repository. */
function placeOf(stack: string, root: string): string | undefined {
  const places = stack.split('\n').flatMap((line) => {
    const at = line.indexOf(`${root}/`);
    const [, place] = /^(.+?:\d+):\d+\)?$/.exec(at === -1 ? '' : line.slice(at + root.length + 1)) ?? [];
    return place === undefined || place.includes('node_modules') ? [] : [place];
  });
  return places.find((place) => place.includes('.qa.ts:')) ?? places[0];
}
