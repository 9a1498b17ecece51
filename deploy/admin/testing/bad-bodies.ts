/** Bodies of requests, made from what the admin's schemas allow and against it. */
import fc from 'fast-check';
import { badJson, badText, jsonBombs } from './bad-values.ts';

const quoted = badText.map((text) => JSON.stringify(text));

/** By its place: what fits there, as JSON; mostly. */
const fields: Readonly<Record<string, fc.Arbitrary<string>>> = {
  tenantId: fc.oneof(fc.constantFrom('"t-1"', '"t-2"'), quoted),
  ids: fc.array(quoted, { maxLength: 3 }).map((items) => `[${items.join()}]`),
  since: fc.constantFrom('"2026-02-28"', '"2026-02-30"', '"2026-01-01T00:00:00Z"', '"-000001-01-01"'),
  most: fc.constantFrom('1', '2147483648', '9007199254740991', '1e300', '0', '1.5', '"1"'),
  kind: fc.constantFrom('"new"', '"old"', '"newer"', '["new"]'),
  isLate: fc.constantFrom('true', 'false', '"true"', '1'),
  more: fc.array(fc.tuple(quoted, badJson), { maxLength: 3 }).map((entries) => objectOf(entries)),
};

/** Fields by their names, in any order, some of them of another kind, some that nobody knows, some twice. */
function objectLike(known: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const field = fc.constantFrom(...Object.keys(known)).chain((name) => {
    const fitting = known[name] ?? badJson;
    const value = fc.oneof({ weight: 12, arbitrary: fitting }, { weight: 1, arbitrary: badJson });
    return fc.tuple(fc.constant(JSON.stringify(name)), value);
  });
  const unknown = fc.tuple(quoted, badJson);
  const some = fc.oneof({ weight: 20, arbitrary: field }, { weight: 1, arbitrary: unknown });
  return fc.array(some, { maxLength: 3 }).map((entries) => objectOf(entries));
}

function objectOf(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, value]) => `${name}:${value}`).join()}}`;
}

const startJson = fc
  .tuple(
    fc.oneof({ weight: 8, arbitrary: objectLike(fields) }, { weight: 1, arbitrary: badJson }),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('') },
      { weight: 2, arbitrary: fc.constantFrom(',"dryRun":true', ',"limit":1', ',"limit":1000000000') },
      { weight: 1, arbitrary: fc.tuple(quoted, badJson).map(([name, value]) => `,${name}:${value}`) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(',"limit":0', ',"limit":1e400', ',"dryRun":"no"', ',"scope":{}', ',"__proto__":{}'),
      },
    ),
  )
  .map(([scope, rest]) => `{"scope":${scope}${rest}}`);

const redriveJson = objectLike({
  error: fc.oneof(fc.constantFrom('"RangeError"', '"STINT_NOT_AN_ERROR"'), quoted),
  keys: fc.array(fc.oneof(fc.constant('"b\'; --"'), quoted), { maxLength: 3 }).map((keys) => `[${keys.join()}]`),
});

/** Texts that are JSON, or look so from afar. */
const brokenJson = fc.oneof(
  fc.tuple(startJson, fc.nat(60)).map(([text, at]) => text.slice(0, at)),
  fc.tuple(startJson, badText).map(([text, more]) => text + more),
  fc.constantFrom(
    '',
    ' ',
    '\ufeff{}',
    "{'scope':{}}",
    '{"scope":{},}',
    '{"scope":undefined}',
    'NaN',
    '{}{}',
    '\0',
    '//\n{}',
  ),
  fc.constantFrom(...jsonBombs),
);

const badBytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  startJson.map((text) => Buffer.from(text, 'utf16le').toString('latin1')),
  // A lone surrogate, an overlong NUL, and a byte that begins nothing.
  fc.constantFrom('\xed\xa0\x80', '\xc0\x80', '\xff').map((bytes) => `{"scope":{"tenantId":"${bytes}"}}`),
);

const formName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.keys(fields).map((name) => `scope.${name}`)) },
  { weight: 4, arbitrary: fc.constantFrom('dryRun', 'limit', 'which', 'error', 'keys', 'csrf', 'token', 'to') },
  { weight: 1, arbitrary: badText },
);
const formValue = fc.oneof(
  { weight: 2, arbitrary: badText },
  { weight: 3, arbitrary: fc.constantFrom('t-1', '1', 'true', 'all', 'selected', 'new', '2026-02-28', '{"a":1}', '') },
);
const form = fc.array(fc.tuple(formName, formValue), { maxLength: 6 }).map((pairs) =>
  // Of a lone surrogate it makes what a browser does.
  new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString(),
);
export const formBombs = [
  Array.from({ length: 40_000 }, (_, at) => at.toString(36)).join('&'),
  Array.from({ length: 15_000 }, (_, at) => `scope.${at}=1`).join('&'),
  'keys=1&'.repeat(30_000),
  '%00=%FF&'.repeat(20_000),
  '&'.repeat(200_000),
  '%'.repeat(200_000),
];

export const startBody = toBytes(startJson);
export const redriveBody = toBytes(redriveJson);
export const formBody = toBytes(
  fc.oneof({ weight: 60, arbitrary: form }, { weight: 1, arbitrary: fc.constantFrom(...formBombs) }),
);
export const brokenBody = fc.oneof({ weight: 2, arbitrary: toBytes(brokenJson) }, { weight: 1, arbitrary: badBytes });
/** Above what the admin takes. */
export const hugeBody = fc.constantFrom(256 * 1024 + 1, 400_000).map((length) => ' '.repeat(length));

/** In UTF-8; each character is a byte. */
function toBytes(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return text.map((each) => Buffer.from(each).toString('latin1'));
}
