import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { EnvironmentError, ScopeError } from './errors.ts';
import { parseEnvironment, parseScope } from './input.ts';
import { defineJob } from './job.ts';

const secret = 'hunter2-hunter2';

function setup() {
  const job = defineJob({
    name: 'input',
    summary: 'Is a test.',
    scope: z.object({
      tenantId: z.string().optional(),
      ids: z.array(z.string().regex(/^p-/)).max(3).optional(),
      window: z.strictObject({ from: z.string().optional() }).optional(),
      mode: z.enum(['full', 'part']).default('full'),
    }),
    env: z.object({ URL: z.url(), SIZE: z.coerce.number().int().default(5), LEVEL: z.enum(['a', 'b']).optional() }),
    secrets: ['TOKEN', 'KEY'],
    run: async () => {},
  });
  const scopeProblems = (scope: unknown) => {
    try {
      return parseScope(job, scope);
    } catch (error) {
      expect(error).to.be.instanceOf(ScopeError);
      return (error as ScopeError).problems.map(({ path, message }) => `${path}: ${message}`);
    }
  };
  const environmentError = (values: Record<string, string>) => {
    try {
      return parseEnvironment(job, values);
    } catch (error) {
      expect(error).to.be.instanceOf(EnvironmentError);
      return error as EnvironmentError;
    }
  };
  return { job, scopeProblems, environmentError };
}

describe('input, scope', () => {
  it('takes a scope that fits, with defaults in place', () => {
    const { scopeProblems } = setup();
    expect(scopeProblems({})).to.deep.equal({ mode: 'full' });
    expect(scopeProblems({ tenantId: 't', ids: ['p-1'] })).to.deep.equal({ tenantId: 't', ids: ['p-1'], mode: 'full' });
  });

  it('refuses a misspelt field and says which there are, for it would widen the run to everything', () => {
    const { scopeProblems } = setup();
    expect(scopeProblems({ tenantID: 't' })).to.deep.equal([
      'tenantID: unknown field; expected one of tenantId, ids, window, mode',
    ]);
    const none = defineJob({ name: 'none', summary: 'Is a test.', run: async () => {} });
    expect(() => parseScope(none, { any: 1 })).to.throw('scope.any: unknown field; expected no fields');
    expect(scopeProblems({ window: { form: 'x' } })).to.deep.equal(['window.form: unknown field']);
  });

  it('refuses a misspelt field of an inner object that is not strict', () => {
    const job = defineJob({
      name: 'inner',
      summary: 'Is a test.',
      scope: z.object({ window: z.object({ from: z.string().optional() }).optional() }),
      run: async () => {},
    });
    expect(() => parseScope(job, { window: { form: 'x' } })).to.throw('scope.window.form: unknown field');
    expect(parseScope(job, { window: { from: 'x' } })).to.deep.equal({ window: { from: 'x' } });
  });

  it('names every problem with its path, what was expected and what came', () => {
    const { scopeProblems, job } = setup();
    expect(scopeProblems({ tenantId: 7, ids: [secret, 5], mode: secret, a: 1, b: 2 })).to.deep.equal([
      'tenantId: expected string, got number',
      `ids.0: Invalid string: must match pattern /^p-/, got "${secret}"`,
      'ids.1: expected string, got number',
      `mode: Invalid option: expected one of "full"|"part", got "${secret}"`,
      'a: unknown field; expected one of tenantId, ids, window, mode',
      'b: unknown field; expected one of tenantId, ids, window, mode',
    ]);
    expect(() => parseScope(job, { tenantId: 7 })).to.throw(
      'the scope does not fit the job input:\n  scope.tenantId: expected string, got number',
    );
  });

  it('refuses what is no object', () => {
    const { scopeProblems } = setup();
    for (const scope of [null, 'all', 7, []]) {
      expect(scopeProblems(scope))
        .to.have.length(1)
        .and.to.satisfy(([problem]: string[]) => /^: expected object, got/.test(problem ?? ''));
    }
  });
});

describe('input, environment', () => {
  it('takes what fits, and nothing that was not declared', () => {
    const { environmentError } = setup();
    const values = { URL: 'http://api.test', TOKEN: 't', KEY: 'k', OTHER: 'o', LEVEL: '' };
    expect(JSON.parse(JSON.stringify(environmentError(values)))).to.deep.equal({
      env: { URL: 'http://api.test', SIZE: 5 },
      secrets: { TOKEN: 't', KEY: 'k' },
    });
  });

  it('names all that is missing or does not fit at once, and takes an empty value for missing', () => {
    const { environmentError } = setup();
    expect((environmentError({ SIZE: 'many', LEVEL: 'c', TOKEN: '' }) as EnvironmentError).problems).to.deep.equal([
      { path: 'URL', message: 'is not set' },
      { path: 'SIZE', message: 'does not fit: expected number, got NaN' },
      { path: 'LEVEL', message: 'does not fit: Invalid option: expected one of "a"|"b"' },
      { path: 'TOKEN', message: 'is a secret that is not set' },
      { path: 'KEY', message: 'is a secret that is not set' },
    ]);
  });

  it('shows no value', () => {
    const { environmentError } = setup();
    const error = environmentError({ URL: secret, SIZE: secret, LEVEL: secret, TOKEN: secret }) as EnvironmentError;
    expect(`${error.message}${JSON.stringify(error)}`).not.to.include('hunter2');
    expect(error.message).to.match(
      /^input needs environment variables that are missing or do not fit:\n {2}URL: does not/,
    );
  });

  it('tells what is wrong with variables together', () => {
    const job = defineJob({
      name: 'together',
      summary: 'Is a test.',
      env: z.object({ A: z.string(), B: z.string() }).refine(({ A, B }) => A !== B, 'A and B must differ'),
      run: async () => {},
    });
    expect(() => parseEnvironment(job, { A: 'x', B: 'x' })).to.throw(
      'do not fit:\n  A, B: does not fit: A and B must differ',
    );
  });
});
