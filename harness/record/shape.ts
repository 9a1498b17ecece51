/** The shape of JSON: which types stand at which paths, without a value. Elements of a list share the path `[]`. */
import type { Json } from '@stint/sdk';

export type Shape = ReadonlyMap<string, ReadonlySet<string>>;

export function shapeOf(value: Json, into = new Map<string, Set<string>>(), path = '$'): Map<string, Set<string>> {
  into.set(path, (into.get(path) ?? new Set()).add(typeOf(value)));
  if (Array.isArray(value)) for (const each of value) shapeOf(each as Json, into, `${path}[]`);
  else if (typeof value === 'object' && value !== null)
    for (const [name, each] of Object.entries(value)) shapeOf(each as Json, into, `${path}.${name}`);
  return into;
}

/**
 * What changed, by path. A null says nothing of a type; `usual` is the shape of all answers that were recorded, so that a
 * field that only some have is not taken for a new one.
 */
export function compareShapes(recorded: Shape, live: Shape, usual: Shape): readonly string[] {
  const gone = [...recorded.keys()].filter((path) => !live.has(path) && !isWithin(path, live));
  const fresh = [...live.keys()].filter((path) => !usual.has(path) && !isWithin(path, usual));
  const changed = [...live].flatMap(([path, types]) => {
    const before = usual.get(path);
    const others = [...types].filter((type) => type !== 'null' && before !== undefined && !before.has(type));
    const known = [...(before ?? [])].filter((type) => type !== 'null');
    return others.length === 0 || known.length === 0
      ? []
      : [`${path} was ${known.join(' or ')}, is ${others.join(' or ')}`];
  });
  return [...gone.map((path) => `${path} is gone`), ...fresh.map((path) => `${path} is new`), ...changed];
}

/** Whether nothing can be said of the path: what it is in is null, empty, or missing itself. */
function isWithin(path: string, shape: Shape): boolean {
  const around = path.endsWith('[]') ? path.slice(0, -2) : path.slice(0, path.lastIndexOf('.'));
  const types = shape.get(around);
  if (path.endsWith('[]')) return true;
  return types === undefined || [...types].every((type) => type === 'null');
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
