import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { startBodySchema } from '../schemas.ts';
import type { ScopeSchema } from './scope-fields.ts';
import { readScopeForm, writeScopeForm } from './scope-form.ts';
import { startForm } from './start-form.ts';
import { fieldsOfForm } from './testing/read-page.ts';
import { manyFields, sampleJob } from './testing/sample-views.ts';

const read = (fields: Record<string, string | string[]>, schema: ScopeSchema = manyFields) =>
  readScopeForm(schema, fields);
const problem = (fields: Record<string, string | string[]>) => read(fields).problems;

/** Text that a form can carry: see what scope-form says of itself. */
const text = fc
  .oneof(
    fc.string({ minLength: 1 }),
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom('"><script>', '&amp;', "'"),
  )
  .map((value) => value.trim())
  .filter((value) => value !== '' && !/\p{Cc}/u.test(value) && value.isWellFormed());
const integer = fc.maxSafeInteger().map((value) => value + 0);
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const few = fc.uniqueArray(fc.oneof(text, fc.integer(), fc.constantFrom('', ' ', 'a\u0085')), {
  minLength: 1,
  maxLength: 9,
  selector: (value) => `${value}`,
});
const list = <TItem>(item: fc.Arbitrary<TItem>) => fc.array(item, { minLength: 1, maxLength: 20 });

type Case = { readonly schema: object; readonly value: unknown };
const of = (schema: object, values: fc.Arbitrary<unknown>): fc.Arbitrary<Case> =>
  values.map((value) => ({ schema, value }));

const field: fc.Arbitrary<Case> = fc.oneof(
  of({ type: 'string' }, text),
  of({ type: 'string', format: 'date' }, fc.constantFrom('2026-09-30', '0001-01-01')),
  of({ type: 'string', format: 'date-time', pattern: '.' }, text),
  of({ type: 'integer', minimum: -5 }, integer),
  of({ type: 'number', maximum: 5 }, number),
  of({ type: 'boolean' }, fc.boolean()),
  of({ const: 'only' }, fc.constant('only')),
  few.chain((values) => of({ enum: values }, fc.constantFrom(...values))),
  few.chain((values) => of({ type: 'array', items: { enum: values } }, fc.subarray([...values], { minLength: 1 }))),
  of({ type: 'array', items: { type: 'string', pattern: '<' } }, list(text)),
  of({ type: 'array', items: { type: 'integer' } }, list(integer)),
  of({ type: 'array', items: { type: 'number' } }, list(number)),
  of({ type: 'object', properties: { a: {} } }, fc.jsonValue()),
  of({ anyOf: [{ type: 'string' }, { type: 'null' }] }, fc.jsonValue()),
  of({}, fc.jsonValue()),
);
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', 'a.b', 'limit', 'a"b'));
const filled = fc.record({
  fields: fc.uniqueArray(fc.tuple(name, field, fc.boolean()), { maxLength: 8, selector: ([each]) => each }),
  dryRun: fc.boolean(),
  limit: fc.option(fc.integer({ min: 1, max: 1_000_000_000 }), { nil: undefined }),
});

describe('the form of a scope', () => {
  it('gives back whatever it was filled in with, sent as a browser sends it', () => {
    fc.assert(
      fc.property(filled, ({ fields, dryRun, limit }) => {
        const schema = {
          type: 'object',
          properties: Object.fromEntries(fields.map(([each, { schema }]) => [each, schema])),
        } as ScopeSchema;
        const given = fields.flatMap(([each, { value }, isLeftOut]) => (isLeftOut ? [] : [[each, value] as const]));
        const body = startBodySchema.parse({ dryRun, ...(limit === undefined ? {} : { limit }) });
        // Zod copies; a field called __proto__ would not come through it.
        const whole = { ...body, scope: JSON.parse(JSON.stringify(Object.fromEntries(given))) };
        const values = writeScopeForm(schema, whole);
        const page = startForm(sampleJob({ scope: schema, unscoped: true }), { values, errors: [] }, 'c').html;
        const again = readScopeForm(schema, fieldsOfForm(page, 'start-form'));
        expect(again.problems).to.deep.equal([]);
        expect(JSON.stringify(again.body)).to.equal(
          JSON.stringify({ scope: whole.scope, dryRun, ...(limit === undefined ? {} : { limit }) }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever is sent and whatever the schema says', () => {
    const sent = fc.dictionary(
      fc.oneof(
        fc.string(),
        fc.string().map((each) => `scope.${each}`),
        fc.constantFrom('limit', 'dryRun', 'scope.a'),
      ),
      fc.oneof(fc.string(), fc.array(fc.string()), fc.anything()),
    );
    const schemas = fc.oneof(
      fc.constant(manyFields),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.record({
        properties: fc.dictionary(fc.constantFrom('a', '__proto__'), fc.jsonValue()),
        required: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(schemas, sent, (schema, fields) => {
        const { body, problems } = readScopeForm(schema as ScopeSchema, fields as Record<string, string>);
        expect(Object.getPrototypeOf(body.scope)).to.equal(Object.prototype);
        expect(problems.every(({ path }) => path !== '')).to.equal(true);
        startForm(
          sampleJob({ scope: schema as ScopeSchema }),
          { values: fields as Record<string, string>, errors: problems },
          'c',
        );
      }),
      { numRuns: 500 },
    );
  });

  it('leaves out what is empty or blank', () => {
    const empty = Object.fromEntries(
      Object.keys(manyFields.properties as object).map((each) => [`scope.${each}`, ' ']),
    );
    expect(read({ ...empty, 'scope.methods': '', limit: ' ' })).to.deep.equal({
      body: { scope: {}, dryRun: false },
      problems: [],
    });
  });

  it('takes off spaces, and takes lines as every system ends them', () => {
    const { body } = read({ 'scope.tenantId': ' t-1\n', 'scope.paymentIds': '1\r\n 2 \n\n3\r4' });
    expect(body.scope).to.deep.equal({ tenantId: 't-1', paymentIds: ['1', '2', '3', '4'] });
  });

  it('tells what it cannot read, and leaves it out', () => {
    expect(problem({ 'scope.minimumAmount': 'a lot' })).to.deep.equal([
      { path: 'scope.minimumAmount', message: 'expected a number, got "a lot"' },
    ]);
    for (const bad of ['1e999', 'NaN', 'Infinity', '0x10', '1,5', '--1'])
      expect(problem({ 'scope.minimumAmount': bad }), bad).to.have.length(1);
    for (const bad of ['1.5', '9007199254740993', '1e300'])
      expect(problem({ 'scope.attempts': bad }), bad).to.have.length(1);
    expect(problem({ 'scope.batches': '1\nx' })[0]?.message).to.equal('expected a number, got "x"');
    expect(problem({ 'scope.state': 'open' })[0]?.message).to.equal('expected one of those offered, got "open"');
    expect(problem({ 'scope.isTest': 'maybe' })).to.have.length(1);
    expect(problem({ 'scope.methods': ['card', 'cash'] })).to.have.length(1);
    expect(problem({ 'scope.window': '{' })[0]?.message).to.match(/^expected JSON/);
    expect(problem({ 'scope.tenantId': ['t-1', 't-2'] })[0]?.message).to.equal('expected one value, got 2');
    for (const bad of ['0', '-1', '1.5', '1e3', 'all', '1000000001'])
      expect(problem({ limit: bad }), bad).to.have.length(1);
    expect(problem({ dryRun: 'perhaps' })).to.deep.equal([{ path: 'dryRun', message: 'expected true or false' }]);
  });

  it('does not pass over a field that the job has no more: the run would be wider than was meant', () => {
    for (const unknown of ['scope.tenant', 'scope.__proto__', 'scope.constructor', 'scope.'])
      expect(problem({ [unknown]: 't-1' }).map(({ path }) => path)).to.deep.equal([unknown]);
    expect(problem({ csrf: 'x', other: 'y' })).to.deep.equal([]);
  });

  it('takes a dry run as ticked or as said', () => {
    for (const on of ['on', 'true']) expect(read({ dryRun: on }).body.dryRun, on).to.equal(true);
    for (const off of ['', 'false']) expect(read({ dryRun: off }).body.dryRun, off).to.equal(false);
  });
});
