import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { shownEnvironment } from './shown-environment.ts';

const job = { env: z.object({ BANK_URL: z.url() }), secrets: ['DATABASE_URL', 'BANK_KEY'] };

describe('shownEnvironment', () => {
  it('shows what the job declares as no secret, and what is known to be none', () => {
    const environment = { BANK_URL: 'http://127.0.0.1:8080', STINT_SCOPE: '{"tenantId":"t-1"}', AWS_REGION: 'eu-1' };
    expect(shownEnvironment(job, environment)).to.deep.equal(environment);
  });

  it('tells of all others that they are set, and no value', () => {
    const environment = { BANK_KEY: 'sesame', AWS_SECRET_ACCESS_KEY: 'sesame', NEW_ONE: 'sesame' };
    expect(Object.values(shownEnvironment(job, environment))).to.deep.equal(Array(3).fill('set, not shown'));
  });

  it('shows of a database where it is, and neither user nor password', () => {
    const shown = (DATABASE_URL: string) => shownEnvironment(job, { DATABASE_URL }).DATABASE_URL;
    expect(shown('postgres://ada:sesame@127.0.0.1:5432/db?password=sesame')).to.equal('postgres://…@127.0.0.1:5432/db');
    expect(shown('sesame')).to.equal('set, not shown');
  });

  it('leaves out what is not set', () => {
    expect(shownEnvironment(job, { BANK_KEY: undefined })).to.deep.equal({});
  });
});
