/** Calls of an API in a few lines: by method, route and status. */
import type { Call } from '../../fakes/index.ts';
import type { RouteCalls } from './qa-report.ts';

/**
 * Routes are found by comparison: of paths that have the same method, length and beginning, the parts that differ are
 * shown as `*`. A path that is alone is shown as it is.
 */
export function callsByRoute(api: string, calls: readonly Call[]): readonly RouteCalls[] {
  const groups = Map.groupBy(calls, ({ method, path }) => {
    const parts = path.split('/');
    return `${method} ${parts.length} ${parts[1]}`;
  });
  return [...groups.values()].map((group) => ({
    api,
    method: group[0]?.method ?? '',
    route: routeOf(group.map(({ path }) => path)),
    byStatus: countBy(group.map(({ status }) => (status === undefined ? 'none' : `${status}`))),
  }));
}

function routeOf([first = '', ...others]: readonly string[]): string {
  const split = others.map((path) => path.split('/'));
  return first
    .split('/')
    .map((part, index) => (split.every((parts) => parts[index] === part) ? part : '*'))
    .join('/');
}

function countBy(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values.toSorted()) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
