/** Texts and JSON as somebody would send who wants to find out what breaks. */
import fc from 'fast-check';

/** So many times as often as others. */
export const often = <TItem>(weight: number, arbitrary: fc.Arbitrary<TItem>) => ({ weight, arbitrary });

/** In each text that tries to be more than a value: nothing else has it. */
export const marker = 'zq7x';

const injections = [
  `${marker}' or '1'='1`,
  `${marker}'; drop table stint.runs; --`,
  `${marker}"; drop table payments; --`,
  `${marker}\\'; select pg_sleep(9); --`,
  `${marker}$$; delete from stint.audit; $$`,
  `${marker}/*`,
  `) or ${marker} is null; --`,
  `\u02bc or ${marker}`,
  `<script>alert('${marker}')</script>`,
  `"><img src=x onerror=${marker}>`,
  `${marker}\r\nset-cookie: ${marker}=1\r\n\r\nHTTP/1.1 200 OK`,
  `{{${marker}}} \${${marker}} %{${marker}} $(${marker}) \`${marker}\``,
  `../../../../${marker}`,
];

const odd = [
  ...['', ' ', '\0', 'a\0b', '\ud800', 'a\udfff\ud800b', '\ufeff', '\u2028', '\u202e', '\uffff', '𝒳', 'é', '\u007f'],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'NaN',
    'true',
    '[object Object]',
  ],
  ...[
    '-1',
    '0',
    '1e400',
    '0x10',
    '1_000',
    '9007199254740993',
    '99999999999999999999999999',
    '٣',
    '1,5',
    '%',
    '%00',
    '%zz',
    '%C0%AE',
    '..',
    '.',
    '//',
  ],
];

const long = [
  'a'.repeat(1_500),
  "'".repeat(4_000),
  '\0'.repeat(300),
  'é'.repeat(1_000),
  '/'.repeat(3_000),
  `${'1'.repeat(600)}`,
  '𝒳'.repeat(400),
];

export const badText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...injections) },
  { weight: 4, arbitrary: fc.constantFrom(...odd) },
  { weight: 1, arbitrary: fc.constantFrom(...long) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.integer({ min: 0xd7f0, max: 0xe010 }).map((code) => String.fromCharCode(code)) }),
  },
);

/** As text: what has no value in JavaScript can be in it. */
export const badJson: fc.Arbitrary<string> = fc.letrec<{ value: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    badText.map((text) => JSON.stringify(text)),
    fc.constantFrom(
      'null',
      'true',
      'false',
      '0',
      '-0',
      '1',
      '-1',
      '1.5',
      '1e400',
      '-1e400',
      '1e-400',
      '1E+2',
      '2147483648',
    ),
    fc.constantFrom('9007199254740993', '9'.repeat(400), `0.${'3'.repeat(400)}`, '"\\ud800"', '"\\u0000"', '[]', '{}'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  ),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 3, arbitrary: tie('leaf') },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join()}]`) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.tuple(badText, tie('value')), { maxLength: 4 })
        .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`),
    },
  ),
})).value;

const depths = [10, 21, 1_000, 100_000];
const wide = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at)).join();

/** What takes more to read than to send. */
export const jsonBombs: readonly string[] = [
  ...depths.flatMap((depth) => ['['.repeat(depth) + ']'.repeat(depth), '['.repeat(depth)]),
  ...[10, 21, 1_000, 40_000].map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  ...[19, 1_000].map((depth) => `{"scope":{"more":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}}`),
  `{"scope":{"ids":[${wide(40_000, () => '"a"')}]}}`,
  `{"scope":{"ids":[${wide(40_000, () => '1e999')}]}}`,
  `{"scope":{"more":{"a":[${wide(30_000, () => '1e999')}]}}}`,
  `{"scope":{${wide(20_000, (at) => `"k${at}":1`)}}}`,
  `{${wide(20_000, (at) => `"k${at}":1`)}}`,
  `{"scope":{"more":{${wide(10_000, (at) => `"k${at}":{}`)}}}}`,
  `{"keys":[${wide(60_000, () => '""')}]}`,
  `{"scope":{"tenantId":"${'\\u0000'.repeat(40_000)}"}}`,
  `"${'a'.repeat(250_000)}"`,
  `${' '.repeat(250_000)}{}`,
  '9'.repeat(250_000),
  `1${'0'.repeat(250_000)}e-250000`,
];

/** Bytes that may stand in a line of a request. */
export function visible(text: string): string {
  return Buffer.from(text.toWellFormed())
    .toString('latin1')
    .replace(/[\0- \x7f]/g, '_');
}
