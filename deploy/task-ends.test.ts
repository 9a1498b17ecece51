import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repositoryRoot } from '../harness/repository.ts';
import { startFakeAgent } from '../harness/sinks/fake-agent.ts';
import { slackAnswers, slackSecret, startFakeSlack } from '../harness/sinks/fake-slack.ts';
import { linesOf, openTaskWorld, summaryOf, task } from './testing/task-world.ts';

const one = '{"paymentIds":["1"]}';

describe('task, at its end', () => {
  it('tells Slack of a run that failed, and not of one that succeeded', async () => {
    await using slack = await startFakeSlack();
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const env = { STINT_SLACK_WEBHOOK_URL: slack.url, DD_ENV: 'production' };
    expect((await world.run({ ...env, STINT_SCOPE: one })).code).to.equal(0);
    expect(slack.messages).to.deep.equal([]);
    const ended = await world.run(env);
    const { runId, items } = summaryOf(ended);
    expect(ended.code).to.equal(1);
    expect(linesOf(ended).at(-1)?.msg).to.equal('summary');
    expect(slack.messages).to.have.length(1);
    const [{ text, blocks }] = slack.messages;
    expect(text).to.equal('❌ poll-payment-status failed · production');
    expect(JSON.stringify(blocks)).to.include(runId).and.include(`*${items.read}* read`).and.not.include('fixture-key');
  });

  it('tells Slack of a run that could not begin', async () => {
    await using slack = await startFakeSlack();
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const ended = await world.run({ STINT_SLACK_WEBHOOK_URL: slack.url, PAYMENTS_API_KEY: '' });
    expect(ended.code).to.equal(78);
    expect(linesOf(ended).map(({ job }) => job)).to.deep.equal(['poll-payment-status']);
    expect(slack.messages.map(({ text }) => text)).to.deep.equal(['❌ poll-payment-status did not start']);
    expect(JSON.stringify(slack.messages)).to.include('PAYMENTS_API_KEY: is a secret that is not set');
  });

  for (const [what, answer, says] of [
    ['404', slackAnswers.status(404, 'no_service'), 'it answered 404 (no_service)'],
    ['429', slackAnswers.status(429, '', { 'retry-after': '60' }), 'it answered 429'],
    ['a broken connection', slackAnswers.reset, 'ECONNRESET'],
    ['nothing', slackAnswers.hang, 'did not answer within 4800 ms'],
  ] as const) {
    it(`ends as its run did when Slack answers with ${what}, and says so`, async () => {
      await using slack = await startFakeSlack(answer);
      await using world = await openTaskWorld('poll-payment-status/mixed');
      await using program = world.start({ STINT_SLACK_WEBHOOK_URL: slack.url });
      await program.writes('"summary"');
      const overMs = performance.now();
      const ended = await program.ended;
      expect(performance.now() - overMs).to.be.lessThan(6_500);
      expect(ended).to.include({ code: 1, stderr: '' });
      expect(summaryOf(ended).exitCode).to.equal(1);
      const last = linesOf(ended).at(-1);
      expect(last).to.include({ msg: 'Slack was not told', run: summaryOf(ended).runId });
      expect(JSON.stringify(last)).to.include(says);
      expect(ended.stdout).to.not.include(slackSecret);
    });
  }

  it('waits for the log router, and a signal that comes then changes nothing', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    await using program = world.start({ STINT_SCOPE: one, STINT_EXIT_GRACE_MS: '1500' });
    await program.writes('"summary"');
    const overMs = performance.now();
    program.process.kill('SIGTERM');
    const ended = await program.ended;
    expect(performance.now() - overMs).to.be.within(1_400, 5_000);
    expect(ended).to.include({ code: 0, signal: null, stderr: '' });
    expect(linesOf(ended).at(-1)?.msg).to.equal('summary');
  });

  it('waits for the log router after a refusal, too', async () => {
    await using world = await openTaskWorld('poll-payment-status/mixed');
    await using program = world.start({ STINT_SCOPE: '{', STINT_EXIT_GRACE_MS: '1500' });
    await program.writes('STINT_SCOPE');
    const saidMs = performance.now();
    expect((await program.ended).code).to.equal(64);
    expect(performance.now() - saidMs).to.be.greaterThan(1_400);
  });

  it('takes less than 15 s when agent and Slack hang and nobody reads its output', async () => {
    await using agent = await startFakeAgent({ behaviour: 'hang' });
    await using slack = await startFakeSlack(slackAnswers.hang);
    await using world = await openTaskWorld('poll-payment-status/mixed');
    const env = {
      ...world.env,
      ...agent.environment,
      STINT_SLACK_WEBHOOK_URL: slack.url,
      STINT_EXIT_GRACE_MS: '4000',
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    };
    // A pipe takes 64 KB: with these in it, none of the task's lines has room.
    const filled = `head -c 65536 /dev/zero; exec node ${task} poll-payment-status`;
    const child = spawn('sh', ['-c', filled], { cwd: repositoryRoot, env, stdio: ['ignore', 'pipe', 'ignore'] });
    // Asked of only when the run is over and recorded.
    while (slack.messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const overMs = performance.now();
    const [code, signal] = await once(child, 'exit');
    child.stdout.destroy();
    expect({ code, signal }).to.deep.equal({ code: 1, signal: null });
    expect(performance.now() - overMs).to.be.within(8_500, 15_500);
  });
});
