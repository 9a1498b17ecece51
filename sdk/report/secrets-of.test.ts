import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { secretsOf } from './secrets-of.ts';

const job = { env: z.object({ API_URL: z.string(), REGION: z.string().optional() }), secrets: ['API_KEY'] };

describe('report/secretsOf', () => {
  it('takes what jobs declare, what is Stint’s own, and passwords in URLs, as they are and decoded', () => {
    const environment = {
      API_KEY: 'key-1',
      API_URL: 'https://bob:p%40ss@api.example.test/v1',
      REGION: 'eu-1',
      DATABASE_URL: 'postgres://stint:hunter2@db/stint',
      AWS_SECRET_ACCESS_KEY: 'aws-1',
      OTHER: 'other',
    };
    expect(secretsOf(environment, [job])).to.deep.equal([
      ...['postgres://stint:hunter2@db/stint', 'aws-1', 'key-1', 'hunter2', 'p%40ss', 'p@ss'],
    ]);
  });

  it('takes no password that is the name of the user, nothing that is empty or not set, and no URL that is none', () => {
    const environment = {
      DATABASE_URL: 'postgres://postgres:postgres@db/x',
      API_KEY: '',
      API_URL: '://',
      DD_API_KEY: undefined,
    };
    expect(secretsOf(environment, [job])).to.deep.equal(['postgres://postgres:postgres@db/x']);
    expect(secretsOf({ API_KEY: 'https://a:%E0%A4%A@b/' }, [job])).to.include('%E0%A4%A');
  });
});
