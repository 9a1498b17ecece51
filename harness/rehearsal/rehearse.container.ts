import { join } from 'node:path';
import { jobs } from '@stint/jobs/registry';
import { findJob } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../repository.ts';
import { ownImage } from '../testing/own-image.ts';
import { testStack } from '../testing/test-stack.ts';
import { rehearse } from './rehearse.ts';
import { sampleTemplate } from './sample-template.ts';
import { findTaskDefinitions, type TaskDefinition } from './task-definition.ts';

const job = findJob(jobs, 'poll-payment-status');
const [definition] = findTaskDefinitions(sampleTemplate([job])) as [TaskDefinition];

/** The problems that a rehearsal with changes to the job's container shows. */
async function problemsOf(changes: Partial<TaskDefinition['app']>, isStopped = false): Promise<readonly string[]> {
  const checks = await rehearse({
    job,
    definition: { ...definition, app: { ...definition.app, ...changes } },
    directory: join(repositoryRoot, 'fixtures', job.name, isStopped ? 'demo' : 'happy'),
    stack: testStack(),
    image: ownImage(),
    parameters: {},
    env: {},
    isStopped,
    signal: new AbortController().signal,
  });
  return checks.flatMap(({ what, problem }) => (problem === undefined ? [] : [`${what}: ${problem}`]));
}

describe('a rehearsal', () => {
  it('shows no problem in a task definition that fits the job', async () => {
    expect(await problemsOf({})).to.deep.equal([]);
  });

  it('shows that a secret of the job is not declared, though the world has it', async () => {
    const secrets = definition.app.Secrets.filter(({ Name }) => Name !== 'PAYMENTS_API_KEY');
    const [problem = '', ...others] = await problemsOf({ Secrets: secrets });
    expect(problem).to.match(
      /^its summary reached the log router: exit code 78: .*PAYMENTS_API_KEY: is a secret that is not set/s,
    );
    expect(others).to.deep.equal([]);
  });

  it('shows that the stop timeout is too short to save the place', async () => {
    const [problem = ''] = await problemsOf({ StopTimeout: 0 }, true);
    expect(problem).to.match(/^its summary reached the log router: exit code 137/);
  });

  it('shows that the image is not started by its command', async () => {
    const [problem = ''] = await problemsOf({ Command: ['tsk.js', job.name] });
    expect(problem).to.include('Cannot find module');
  });
}).timeout(120_000);
