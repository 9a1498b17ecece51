import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../repository.ts';
import { format } from './from-template.ts';
import { namesOf } from './new-job.ts';
import { exampleStage, withVariables } from './stage-entry.ts';

const text = readFileSync(join(repositoryRoot, exampleStage), 'utf8');

describe('withVariables', () => {
  it('gives address and key of the API values, and leaves all else as it is', () => {
    const stage = JSON.parse(text);
    expect(JSON.parse(withVariables(text, namesOf('sync-stock')))).to.deep.equal({
      ...stage,
      env: { ...stage.env, SYNC_STOCK_API_URL: 'https://sync-stock-api.example' },
      secrets: {
        ...stage.secrets,
        SYNC_STOCK_API_KEY:
          'arn:aws:secretsmanager:eu-central-1:111122223333:secret:stint/example/sync-stock-api-key-AbCdEf',
      },
    });
  });

  it('adds two lines, once it is formatted', async () => {
    const after = await format(repositoryRoot, exampleStage, withVariables(text, namesOf('sync-stock')));
    const lines = after.split('\n').filter((line) => !line.includes('SYNC_STOCK'));
    // A comma more is where something came behind.
    expect(lines.map((line) => line.replace(/,$/, ''))).to.deep.equal(
      text.split('\n').map((line) => line.replace(/,$/, '')),
    );
    expect(after.split('\n')).to.have.length(lines.length + 2);
  });

  it('refuses what is no stage', () => {
    for (const other of ['', '[]', '{"env":{"A":1}}'])
      expect(() => withVariables(other, namesOf('sync-stock'))).to.throw('expected deploy/stages/example.json to be a');
  });
});
