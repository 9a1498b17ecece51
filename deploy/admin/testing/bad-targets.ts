/** Addresses of requests: of what is there, with ids, cursors and names that are none. */
import fc from 'fast-check';
import { operations } from '../api/operations.ts';
import { badText, often, visible } from './bad-values.ts';
import { quickJobs } from './quick-jobs.ts';

type Text = fc.Arbitrary<string>;

/** As a client writes it, or somebody by hand. */
const inTarget: Text = fc.oneof(
  often(
    6,
    badText.map((text) => encodeURIComponent(text.toWellFormed())),
  ),
  often(
    2,
    badText.map((text) => visible(text).replace(/[?#]/g, '')),
  ),
  often(
    2,
    fc.constantFrom(
      '%00',
      '%',
      '%zz',
      '%FF',
      '%C0%AE',
      '%ED%A0%80',
      '%2e%2e',
      '..%2f..',
      '%25%30%30',
      '%0d%0aset-cookie:x=1',
      '\\..',
      ';a=b',
    ),
  ),
  often(
    1,
    fc
      .uint8Array({ minLength: 1, maxLength: 8 })
      .map((bytes) => Buffer.from(bytes).toString('hex').replace(/../g, '%$&')),
  ),
  // Longer is not read as headers at all.
  often(1, fc.constantFrom('a'.repeat(10_000), '%00'.repeat(3_000))),
);

/** @param runs ids of runs that are there */
export function badTargets(runs: readonly string[]): Text {
  const segments: Readonly<Record<string, Text>> = {
    job: fc.oneof(often(5, fc.constantFrom(...quickJobs.map(({ name }) => name))), often(1, inTarget)),
    run: fc.oneof(often(4, fc.constantFrom(...runs)), often(2, inTarget)),
  };
  const pages = [
    '/',
    '/admin',
    '/admin/login',
    '/admin/logout',
    '/admin/jobs/{job}',
    '/admin/assets/{run}',
    '/admin/runs/{run}/cancel',
  ];
  const template = fc.constantFrom(...operations.map(({ path }) => path), ...pages);
  const known = template.chain((path) =>
    fc
      .tuple(segments.job ?? inTarget, segments.run ?? inTarget)
      .map(([job, run]) => path.replace('{job}', () => job).replace('{run}', () => run)),
  );
  const unknown = fc
    .array(fc.oneof(inTarget, fc.constantFrom('admin', 'runs', '', '.', '..')), { maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`);
  const path = fc.oneof(often(12, known), often(1, unknown));
  return fc
    .tuple(path, fc.oneof(often(2, fc.constant('')), often(2, queries(runs))))
    .map(([text, query]) => (query === '' ? text : `${text}?${query}`));
}

function queries(runs: readonly string[]): Text {
  const cursors = [
    '"\\u0000"',
    '{}',
    '[1,2]',
    '[1e300,1]',
    '[-1,-1]',
    '[null]',
    '{"toString":1,"valueOf":1}',
    '['.repeat(300),
    '1e400',
    '"x',
    `"${runs[0]}"`,
  ];
  const cursor = fc
    .oneof(
      fc.constantFrom(...cursors),
      badText.map((text) => JSON.stringify(text)),
    )
    .map((text) => Buffer.from(text).toString('base64url'));
  const values: Readonly<Record<string, Text>> = {
    job: fc.oneof(fc.constantFrom('narrow', 'wide'), inTarget),
    status: fc.oneof(fc.constantFrom('failed', 'succeeded', 'running'), inTarget),
    after: fc.oneof(cursor, inTarget),
    limit: fc.oneof(
      fc.constantFrom('1', '100', '0', '101', '-1', '1e1', '0x10', '1e400', '', 'NaN', '9'.repeat(400)),
      inTarget,
    ),
    error: fc.oneof(fc.constantFrom('RangeError'), inTarget),
    from: fc.oneof(fc.constantFrom(...runs), inTarget),
    to: fc.oneof(fc.constantFrom('/admin/runs', '//evil.example', 'javascript:alert(1)'), inTarget),
  };
  const pair = fc
    .constantFrom(...Object.keys(values))
    .chain((name) => (values[name] ?? inTarget).map((value) => `${name}=${value}`));
  const odd = fc.oneof(
    inTarget,
    fc.constantFrom('limit[]=1', 'a[b][c]=1', '__proto__=1', 'constructor=1', '&&&', 'a&'.repeat(2_000)),
  );
  const some = fc
    .array(fc.oneof(often(8, pair), often(1, odd)), { minLength: 1, maxLength: 3 })
    .map((pairs) => pairs.join('&'));
  // Most operations take few names.
  return fc.oneof(often(3, pair), often(1, some));
}
