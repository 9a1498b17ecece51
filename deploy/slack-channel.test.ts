import {
  defineJob,
  type Job,
  MemoryLedger,
  memorySource,
  type Notify,
  runJob,
  SlackError,
  type SlackMessage,
} from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { slackAnswers, startFakeSlack } from '../harness/sinks/fake-slack.ts';
import { SlackChannel } from './slack-channel.ts';

/** A job whose runs end as `ends` says, on a ledger. */
async function setup({ notify = 'always' }: { readonly notify?: Notify } = {}) {
  const ledger = new MemoryLedger();
  let error: Error | undefined;
  const job = defineJob({
    name: 'a-job',
    summary: 'Is a test.',
    scope: z.object({ tenantId: z.string().optional() }),
    secrets: ['API_KEY'],
    notify,
    async run(ctx) {
      await ctx.each(memorySource(['a']), async () => {});
      if (error !== undefined) throw error;
    },
  }) as unknown as Job;
  const environment = {
    STINT_SLACK_WEBHOOK_URL: 'https://hooks.slack.example/services/x',
    DD_ENV: 'production',
    DD_SITE: 'datadoghq.eu',
    STINT_ADMIN_URL: 'https://stint.example',
    API_KEY: 'canary-secret-1',
  };
  const channel = new SlackChannel(environment);
  const run = async (scope: object = {}, more = {}) => runJob(job, { scope, ledger, environment, ...more });
  return {
    ledger,
    job,
    channel,
    environment,
    run,
    failWith: (thrown: Error | undefined) => {
      error = thrown;
    },
    messageAfter: async (scope: object = {}, more = {}) => channel.messageOf(job, await run(scope, more), ledger),
  };
}

const textOf = (message: SlackMessage | undefined) => JSON.stringify(message?.blocks);

describe('SlackChannel', () => {
  it('tells where and what, with links, and no secret of the job', async () => {
    const world = await setup();
    world.failWith(new Error('canary-secret-1 was refused'));
    const message = await world.messageAfter();
    expect(message?.text).to.equal('❌ a-job failed · production');
    expect(textOf(message))
      .to.match(/https:\/\/stint\.example\/admin\/runs\/\w{26}\|Run/)
      .and.include('|Logs>');
    expect(textOf(message)).to.include('was refused').and.not.include('canary');
  });

  it('compares a run that succeeded with the last ten like it that did', async () => {
    const world = await setup();
    expect(textOf(await world.messageAfter())).to.not.include('than');
    await world.run({ tenantId: 't-2' });
    await world.run({}, { dryRun: true });
    world.failWith(new Error('no'));
    expect(textOf(await world.messageAfter())).to.not.include('than');
    world.failWith(undefined);
    expect(textOf(await world.messageAfter({}, { limit: 1 })))
      .to.include('at most 1 item')
      .and.not.include('like it');
    expect(textOf(await world.messageAfter())).to.include('the last run like it');
    for (let runs = 0; runs < 10; runs++) await world.run();
    expect(textOf(await world.messageAfter())).to.include('the median of the last 10 runs like it');
    expect(textOf(await world.messageAfter({ tenantId: 't-2' }))).to.include('the last run like it');
    expect(textOf(await world.messageAfter({}, { dryRun: true }))).to.include('the last run like it');
  });

  it('tells without a median when the ledger does not answer, and soon', async () => {
    const world = await setup();
    const summary = await world.run();
    const answers = { hangs: () => new Promise<never>(() => {}), fails: async () => Promise.reject(new Error('no')) };
    for (const runs of Object.values(answers)) {
      const startMs = performance.now();
      const message = await world.channel.messageOf(world.job, summary, Object.assign(new MemoryLedger(), { runs }));
      expect(textOf(message)).to.include('took').and.not.include('than');
      expect(performance.now() - startMs).to.be.lessThan(2_000);
    }
  });

  it('tells by the notify of the job', async () => {
    for (const [notify, told] of [
      ['always', [true, true]],
      ['problems', [false, true]],
      ['never', [false, false]],
    ] as const) {
      const world = await setup({ notify });
      const success = await world.messageAfter();
      world.failWith(new Error('no'));
      const failure = await world.messageAfter();
      expect([success !== undefined, failure !== undefined], notify).to.deep.equal(told);
      expect(world.channel.refusalOf(world.job, new Error('no'), 78) !== undefined).to.equal(told[1]);
    }
  });

  it('tells nobody where there is no webhook', async () => {
    const world = await setup();
    const off = new SlackChannel({ ...world.environment, STINT_SLACK_WEBHOOK_URL: '' });
    expect(await off.messageOf(world.job, await world.run(), world.ledger)).to.equal(undefined);
    expect(off.refusalOf(world.job, new Error('no'), 1)).to.equal(undefined);
  });

  it('has no link to a run that is in no ledger, but to its logs', async () => {
    const world = await setup();
    const held = Promise.withResolvers<void>();
    const going = defineJob({
      name: 'a-job',
      summary: 'Is in the way.',
      async run(ctx) {
        await ctx.each(memorySource(['a']), async () => held.promise);
      },
    }) as unknown as Job;
    const began = Promise.withResolvers<void>();
    const first = runJob(going, { ledger: world.ledger, observer: { onStart: () => began.resolve() } });
    await began.promise;
    const message = await world.messageAfter();
    expect(message?.text).to.equal('⛔ a-job refused · production');
    expect(textOf(message)).to.include('|Logs>').and.not.include('|Run>');
    held.resolve();
    await first;
    const refusal = world.channel.refusalOf(world.job, new Error('no'), 78);
    expect(textOf(refusal))
      .to.match(/%40job%3Aa-job&amp;from_ts=\d+&amp;to_ts=\d+&amp;live=false\|Logs>/)
      .and.not.include('|Run>');
  });

  it('posts what it is given, or says that it could not', async () => {
    const world = await setup();
    const message = await world.messageAfter();
    if (message === undefined) throw new Error('expected a message');
    await using slack = await startFakeSlack();
    await new SlackChannel({ STINT_SLACK_WEBHOOK_URL: slack.url }).post(message);
    expect(slack.messages[0].text).to.equal(message.text);
    await using gone = await startFakeSlack(slackAnswers.status(404));
    const error = await new SlackChannel({ STINT_SLACK_WEBHOOK_URL: gone.url }).post(message).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(SlackError);
  });
});
