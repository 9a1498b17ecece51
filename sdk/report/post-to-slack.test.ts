import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type SlackAnswer, slackAnswers, slackSecret, startFakeSlack } from '../../harness/sinks/fake-slack.ts';
import { sampleSummary } from '../../harness/testing/sample-summary.ts';
import { makeSelfSigned } from '../../harness/testing/self-signed.ts';
import { SlackError } from '../errors.ts';
import { postToSlack } from './post-to-slack.ts';
import { slackMessage } from './slack.ts';

const message = slackMessage({ summary: sampleSummary() });
const { hang, hangInBody, reset, status } = slackAnswers;

/** What came of a post, and how long it took. */
async function post(url: string, options = {}) {
  const startMs = performance.now();
  const error: unknown = await postToSlack(url, message, options).then(
    () => undefined,
    (thrown) => thrown,
  );
  if (error !== undefined) {
    expect(error).to.be.instanceOf(SlackError);
    // Neither the error nor what it carries tells the secret.
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).to.not.include('canary');
    expect((error as Error).cause).to.equal(undefined);
  }
  return { error: (error as Error | undefined)?.message, tookMs: performance.now() - startMs };
}

describe('postToSlack', () => {
  it('posts text and blocks, and lets Slack unfurl nothing', async () => {
    await using slack = await startFakeSlack();
    expect((await post(slack.url)).error).to.equal(undefined);
    expect(slack.messages).to.deep.equal([
      { text: message.text, blocks: message.blocks, unfurl_links: false, unfurl_media: false },
    ]);
  });

  const refusals: Readonly<Record<string, readonly [SlackAnswer, string]>> = {
    'an unknown webhook': [
      status(404, 'no_service'),
      'Slack did not take the message: it answered 404 (no_service); check STINT_SLACK_WEBHOOK_URL',
    ],
    'a page that says who knows what': [
      status(403, `<html>${slackSecret}`),
      'Slack did not take the message: it answered 403; check STINT_SLACK_WEBHOOK_URL',
    ],
    'a broken Slack': [status(500), 'Slack did not take the message: it answered 500; the next run tells again'],
    'too much in a short time, and no word of when again': [
      status(429, 'rate_limited'),
      'Slack did not take the message: it answered 429 (rate_limited); it was told too much in a short time',
    ],
    'a wait that is longer than there is time': [
      status(429, '', { 'retry-after': '30' }),
      'Slack did not take the message: it answered 429; it was told too much in a short time',
    ],
    'a wait after what is final': [
      status(404, '', { 'retry-after': '0' }),
      'Slack did not take the message: it answered 404; check STINT_SLACK_WEBHOOK_URL',
    ],
    'a connection that breaks': [
      reset,
      'Slack could not be reached (ECONNRESET); check the network, or STINT_SLACK_WEBHOOK_URL',
    ],
    'a redirect': [
      status(302, '', { location: 'http://127.0.0.1:9/' }),
      'Slack could not be reached (unknown); check the network, or STINT_SLACK_WEBHOOK_URL',
    ],
  };
  for (const [what, [answer, says]] of Object.entries(refusals)) {
    it(`tells at once, and once, of ${what}`, async () => {
      await using slack = await startFakeSlack(answer);
      const { error, tookMs } = await post(slack.url);
      expect(error).to.equal(says);
      expect(slack.messages).to.have.length(1);
      expect(tookMs).to.be.lessThan(2_000);
    });
  }

  it('posts again when Slack says when, and that is in time', async () => {
    const answers = [
      status(429, '', { 'retry-after': '1' }),
      status(503, '', { 'retry-after': '0' }),
      slackAnswers.take,
    ];
    await using slack = await startFakeSlack((response, index) => answers[index]?.(response, index));
    const { error, tookMs } = await post(slack.url);
    expect(error).to.equal(undefined);
    expect(slack.messages).to.have.length(3);
    expect(tookMs).to.be.within(2_000, 5_000);
  });

  it('waits a second at least before it asks again', async () => {
    await using slack = await startFakeSlack(status(429, '', { 'retry-after': '0' }));
    const { error, tookMs } = await post(slack.url, { timeoutMs: 1_900 });
    expect(error).to.match(/it answered 429/);
    expect(slack.messages).to.have.length(2);
    expect(tookMs).to.be.within(1_000, 1_900);
  });

  for (const [what, answer] of Object.entries({ 'never answers': hang, 'stops in mid-answer': hangInBody })) {
    it(`gives up in time on a Slack that ${what}`, async () => {
      await using slack = await startFakeSlack(answer);
      const { error, tookMs } = await post(slack.url, { timeoutMs: 200 });
      expect(error).to.equal('Slack did not answer within 200 ms');
      expect(tookMs).to.be.within(199, 1_500);
    });
  }

  it('ends when its caller has waited enough', async () => {
    await using slack = await startFakeSlack(hang);
    expect((await post(slack.url, { signal: AbortSignal.abort() })).error).to.equal(
      'Slack was not waited for any longer',
    );
    expect((await post(slack.url, { signal: AbortSignal.timeout(50) })).error).to.equal(
      'Slack was not waited for any longer',
    );
  });

  it('tells of an address where nobody is, of a certificate that nobody vouches for, and of what is no address', async () => {
    const gone = await startFakeSlack();
    await gone[Symbol.asyncDispose]();
    expect((await post(gone.url)).error).to.include('could not be reached (ECONNREFUSED)');
    await using tls = await startFakeSlack(slackAnswers.take, makeSelfSigned());
    expect((await post(tls.url)).error).to.include('could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(tls.messages).to.deep.equal([]);
    for (const url of [`hooks.slack.com/services/${slackSecret}`, `ftp://a/${slackSecret}`, ''])
      expect((await post(url)).error).to.match(/^expected Slack's webhook to be an address/);
  });
});
