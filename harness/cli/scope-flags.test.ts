import { defineJob } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { buildScope, takeScopeFlags } from './scope-flags.ts';

const job = defineJob({
  name: 'some-job',
  summary: 'Is a test.',
  scope: z.object({
    text: z.string().optional(),
    number: z.number().optional(),
    yes: z.boolean().optional(),
    texts: z.array(z.string().regex(/^\w+$/)).optional(),
    numbers: z.array(z.number()).optional(),
    range: z.object({ from: z.string(), to: z.string() }).optional(),
  }),
  run: async () => {},
});

const scopeOf = (json: string | undefined, ...args: readonly string[]) =>
  buildScope(job, json, takeScopeFlags(args).fields);

describe('takeScopeFlags', () => {
  it('takes flags of either form out, and leaves all else in its order', () => {
    const { rest, fields } = takeScopeFlags([
      'run',
      '--scope.a=1',
      'job',
      '--scope.b',
      '-2',
      '--scope',
      '{}',
      '--scope.a=3=4',
    ]);
    expect(rest).to.deep.equal(['run', 'job', '--scope', '{}']);
    expect(Object.fromEntries(fields)).to.deep.equal({ a: ['1', '3=4'], b: ['-2'] });
  });

  it('takes an empty value that is written as one', () => {
    expect(Object.fromEntries(takeScopeFlags(['--scope.a=']).fields)).to.deep.equal({ a: [''] });
  });

  for (const args of [['--scope.a'], ['--scope.a', '--json'], ['--scope.'], ['--scope.=1']]) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => takeScopeFlags(args)).to.throw(
        /^expected --scope\.\S* to have a value; write --scope\.<field>=<value>$/,
      );
    });
  }
});

describe('buildScope', () => {
  const table: readonly (readonly [readonly string[], unknown])[] = [
    [['--scope.text=7'], { text: '7' }],
    [['--scope.text=true'], { text: 'true' }],
    [['--scope.number=7'], { number: 7 }],
    [['--scope.yes=true'], { yes: true }],
    [['--scope.texts=7'], { texts: ['7'] }],
    [['--scope.texts=7', '--scope.texts=8'], { texts: ['7', '8'] }],
    [['--scope.texts=["a","b"]'], { texts: ['a', 'b'] }],
    [['--scope.numbers=7'], { numbers: [7] }],
    [['--scope.numbers=7', '--scope.numbers=8'], { numbers: [7, 8] }],
    [['--scope.range={"from":"a","to":"b"}'], { range: { from: 'a', to: 'b' } }],
  ];
  for (const [args, expected] of table) {
    it(`makes ${JSON.stringify(expected)} of ${args.join(' ')}`, () => {
      expect(scopeOf(undefined, ...args)).to.deep.equal(expected);
    });
  }

  it('puts flags over the fields of --scope', () => {
    expect(scopeOf('{"text":"a","number":1}', '--scope.text=b')).to.deep.equal({ text: 'b', number: 1 });
  });

  it('hands what does not fit to the schema in the way that is least wrong', () => {
    expect(scopeOf(undefined, '--scope.number=seven')).to.deep.equal({ number: 'seven' });
    expect(scopeOf(undefined, '--scope.texts=not a word')).to.deep.equal({ texts: ['not a word'] });
    expect(scopeOf(undefined, '--scope.text=a', '--scope.text=b')).to.deep.equal({ text: ['a', 'b'] });
  });

  for (const name of ['unknown', 'constructor', '__proto__']) {
    it(`keeps the field ${name}, for the schema to refuse`, () => {
      expect(Object.entries(scopeOf(undefined, `--scope.${name}=1`))).to.deep.equal([[name, '1']]);
      expect(Object.entries(scopeOf(`{"${name}":1}`))).to.deep.equal([[name, 1]]);
    });
  }

  for (const json of ['', '{', 'null', '7', '"text"', '[]']) {
    it(`refuses --scope '${json}'`, () => {
      expect(() => scopeOf(json)).to.throw(
        `expected --scope to be a JSON object like '{"tenantId":"t-1"}', got ${json}`,
      );
    });
  }
});
