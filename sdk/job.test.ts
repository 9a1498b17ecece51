import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { DefinitionError } from './errors.ts';
import { defineJob, type JobDefinition } from './job.ts';

type AnyDefinition = JobDefinition<z.ZodObject, z.ZodObject, string>;

const define = (change: Partial<AnyDefinition>) => () =>
  defineJob({ name: 'a-job', summary: 'Is a test.', run: async () => {}, ...change } as AnyDefinition);

describe('job', () => {
  it('has defaults for all but name, summary and run', () => {
    const job = define({})();
    expect(job.scope.safeParse({}).success).to.equal(true);
    expect([job.env.shape, job.secrets, job.schedule]).to.deep.equal([{}, [], undefined]);
    expect([job.exclusive, job.admin]).to.deep.equal(['job', { unscoped: false }]);
    expect(job.limits).to.deep.include({ concurrency: 8, perSecond: undefined });
  });

  it('takes names in kebab-case of up to 40 characters, and refuses all others', () => {
    for (const name of ['a', 'a1', 'poll-payment-status', 'a'.repeat(40)])
      expect(define({ name })().name).to.equal(name);
    for (const name of ['', 'A', 'a_b', '1a', '-a', 'a-', 'a--b', 'a b', 'ä', 'a'.repeat(41), 'a\n']) {
      expect(define({ name }), JSON.stringify(name)).to.throw(
        DefinitionError,
        `expected a job's name in kebab-case, at most 40 characters, got "${name}"`,
      );
    }
  });

  it('refuses an empty summary', () => {
    expect(define({ summary: ' ' })).to.throw('expected a-job to have a summary; say in a sentence what a run does');
  });

  it('refuses a scope in which a field is required', () => {
    expect(define({ scope: z.object({ tenant: z.string() }) })).to.throw(
      "expected every field of a-job's scope to be optional: an empty scope means everything",
    );
  });

  it('makes its scope strict, also when it was declared loose', () => {
    for (const scope of [z.object({}), z.looseObject({}), z.object({}).refine(() => true)]) {
      expect(define({ scope })().scope.safeParse({ any: 1 }).success).to.equal(false);
    }
  });

  it('tells whether the admin may start it without a scope', () => {
    for (const unscoped of [true, false]) expect(define({ admin: { unscoped } })().admin).to.deep.equal({ unscoped });
    expect(define({ admin: {} })().admin).to.deep.equal({ unscoped: false });
    for (const [unscoped, told] of [
      ['true', '"true"'],
      [1, '1'],
      [null, 'null'],
    ] as const) {
      expect(define({ admin: { unscoped: unscoped as unknown as boolean } })).to.throw(
        DefinitionError,
        `expected a-job's admin.unscoped to be true or false, got ${told}`,
      );
    }
  });

  it('tells which ends of its runs the ops channel is told of', () => {
    expect(define({})().notify).to.equal('problems');
    for (const notify of ['always', 'problems', 'never'] as const) expect(define({ notify })().notify).to.equal(notify);
    for (const [notify, told] of [
      ['sometimes', '"sometimes"'],
      [true, 'true'],
      [null, 'null'],
    ] as const) {
      expect(define({ notify: notify as unknown as 'always' })).to.throw(
        DefinitionError,
        `expected a-job's notify to be "always", "problems" or "never", got ${told}`,
      );
    }
  });

  it('has shards only when runs of different scopes do each other no harm', () => {
    expect(define({})().shards).to.equal(false);
    expect(define({ shards: true, exclusive: 'scope' })().shards).to.equal(true);
    expect(define({ shards: true })).to.throw(DefinitionError, `expected a-job's exclusive to be "scope"`);
    expect(define({ shards: 'yes' as unknown as true, exclusive: 'scope' })).to.throw(
      DefinitionError,
      `expected a-job's shards to be true or false, got "yes"`,
    );
  });

  it('refuses a schedule or limits that cannot be right', () => {
    expect(define({ schedule: { rate: 'daily' } })).to.throw(DefinitionError, "a-job's schedule.rate");
    expect(define({ limits: { concurrency: 0 } })).to.throw(DefinitionError, 'limits.concurrency');
  });

  it('tells all that is wrong with a definition at once, a line each', () => {
    const unfit = {
      summary: ' ',
      task: { cpu: 1, spot: 1 as unknown as true },
      limits: { tolerate: { failures: -1 } },
    };
    expect(define(unfit))
      .to.throw(DefinitionError)
      .with.property('message')
      .that.matches(
        /^expected a-job to have a summary.*\nexpected a-job's task\.cpu .*\nexpected a-job's task\.spot .*\nexpected a-job's limits\.tolerate\.failures .*$/,
      );
  });
});
