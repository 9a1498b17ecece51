/** Of what was recorded, the request that is most like one that was not, and in what they differ: never a value. */
import { diffJson } from '../replay/diff-json.ts';
import type { RequestIdentity } from './request-identity.ts';

const shownParts = 5;

/** `nearest is GET /rates, which differs in ?date` */
export function describeNearest(request: RequestIdentity, recorded: readonly RequestIdentity[]): string {
  const ranked = recorded
    .map((each) => ({ each, distance: distance(request, each) }))
    .toSorted((one, other) => one.distance - other.distance);
  const [nearest] = ranked;
  if (nearest === undefined) return 'nothing is recorded of this service';
  const { method, path } = nearest.each;
  return `the nearest that is recorded is ${method} ${path}, which differs in ${differingParts(request, nearest.each)}`;
}

function distance(request: RequestIdentity, recorded: RequestIdentity): number {
  const steps = request.path.split('/');
  const others = recorded.path.split('/');
  const longer = Math.max(steps.length, others.length);
  const differing = Array.from({ length: longer }, (_, index) => steps[index] !== others[index]).filter(Boolean);
  const parts = partsOf(request, recorded).length;
  // A path of another shape is another thing; of the same shape it may be the same of another id.
  const shape = steps.length === others.length ? 0 : 1_000;
  return shape + differing.length * 100 + (request.method === recorded.method ? 0 : 150) + Math.min(parts, 50);
}

function differingParts(request: RequestIdentity, recorded: RequestIdentity): string {
  const parts = [
    ...(request.method === recorded.method ? [] : ['its method']),
    ...(request.path === recorded.path ? [] : ['its path']),
    ...partsOf(request, recorded),
  ];
  const more = parts.length > shownParts ? ` and ${parts.length - shownParts} more` : '';
  return `${parts.slice(0, shownParts).join(', ')}${more}`;
}

function partsOf(request: RequestIdentity, recorded: RequestIdentity): readonly string[] {
  const texts = (query: RequestIdentity['query'], name: string) =>
    JSON.stringify(query.filter(([each]) => each === name));
  const names = new Set([...request.query, ...recorded.query].map(([name]) => name));
  const parameters = [...names].filter((name) => texts(request.query, name) !== texts(recorded.query, name));
  const fields = diffJson(recorded.body, request.body).map(({ path }) => (path === '' ? 'its body' : `$.${path}`));
  return [...parameters.map((name) => `?${name}`), ...fields];
}
