import { PassThrough } from 'node:stream';
import { UsageError } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { askForJob, type KnownOfJob } from './ask-for-job.ts';

const nothing: KnownOfJob = { name: undefined, source: undefined, api: undefined };
const questions = [
  'Name of the job, such as sync-stock: ',
  'Where are its records (postgres or dynamodb)? ',
  'Does it ask an API about each of them (y or n)? ',
];

function refuseTaken(name: string): void {
  if (name === 'taken') throw new UsageError('this one is taken');
}

/** Gives each answer when a question is there, then ends the input. */
async function talk(known: KnownOfJob, answers: readonly string[]) {
  const [input, output] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })];
  const left = [...answers];
  let text = '';
  output.on('data', (chunk: string) => {
    text += chunk;
    if (!/[:?] $/.test(chunk)) return;
    const answer = left.shift();
    if (answer === undefined) input.end();
    else input.write(`${answer}\n`);
  });
  const job = await askForJob(known, refuseTaken, { input, output }).catch((error: unknown) => error);
  return { job, text };
}

describe('askForJob', () => {
  it('asks for all that is not known', async () => {
    const { job, text } = await talk(nothing, ['sync-stock', 'dynamodb', 'y']);
    expect(job).to.deep.equal({ name: 'sync-stock', source: 'dynamodb', api: true });
    expect(text).to.equal(questions.join(''));
  });

  it('asks for nothing that is known', async () => {
    const { job, text } = await talk({ name: 'sync-stock', source: undefined, api: false }, ['postgres']);
    expect(job).to.deep.equal({ name: 'sync-stock', source: 'postgres', api: false });
    expect(text).to.equal(questions[1]);
  });

  it('says why an answer cannot be, and asks again', async () => {
    const { job, text } = await talk(nothing, ['taken', ' free ', 'redis', 'Postgres', '', 'No']);
    expect(job).to.deep.equal({ name: 'free', source: 'postgres', api: false });
    expect(text).to.include('  this one is taken\nName of the job');
    expect(text).to.include('  expected postgres or dynamodb, got "redis"\nWhere');
    expect(text).to.include('  expected y or n, got ""\nDoes');
  });

  it('fails when the input ends before the answers do', async () => {
    const { job } = await talk(nothing, ['sync-stock']);
    expect(job).to.be.instanceOf(UsageError);
    expect((job as UsageError).message).to.equal('expected an answer, got the end of input; nothing was written');
  });
});
