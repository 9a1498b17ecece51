import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startFakeSlack } from '../../harness/sinks/fake-slack.ts';
import { until } from '../../harness/testing/until.ts';
import { summaryOf } from '../testing/task-world.ts';
import { hungryWorld } from './testing/hungry-world.ts';
import { openImageWorld } from './testing/image-world.ts';

const scope = { STINT_SCOPE: '{"tenantId":"t-4"}' };
/** As `stopTimeout` of a task. */
const graceSeconds = 120;

describe('a container of the image', () => {
  it('is told to end (SIGTERM): saves its place, tells Slack and ends with 143 before the grace is over', async () => {
    await using slack = await startFakeSlack();
    await using world = await openImageWorld('demo', 700);
    await using first = world.start({ ...scope, STINT_SLACK_WEBHOOK_URL: slack.url });
    await until('requests', () => world.asked() >= 16, 60_000);
    const stoppedMs = performance.now();
    await first.stop(graceSeconds);
    expect(performance.now() - stoppedMs).to.be.lessThan(30_000);
    expect(await first.state()).to.deep.equal({ exitCode: 143, wasOutOfMemory: false });
    const interrupted = summaryOf(await first.ended);
    expect(interrupted.status).to.equal('interrupted');
    expect(interrupted.items.remaining).to.be.greaterThan(0);
    await world.saved();
    expect(slack.messages.map(({ text }) => text)).to.deep.equal(['⏸️ poll-payment-status interrupted']);

    world.answerAfter(0);
    await using next = world.start(scope);
    const resumed = summaryOf(await next.ended);
    expect(resumed).to.include({ runId: interrupted.runId, attempt: 2, exitCode: 0 });
    expect(resumed.resume.fromCheckpoint).to.equal(true);
  });

  it('is killed (SIGKILL): the next one goes on from its checkpoint', async () => {
    await using world = await openImageWorld('demo', 100);
    await using first = world.start(scope);
    await world.saved();
    await first.kill('SIGKILL');
    expect(await first.state()).to.deep.equal({ exitCode: 137, wasOutOfMemory: false });
    const settledBefore = await world.settled();
    expect(settledBefore).to.be.greaterThan(0);

    world.answerAfter(0);
    const resumed = await untilResumed(() => world.start(scope));
    expect(resumed).to.include({ attempt: 2, exitCode: 0 });
    expect(resumed.resume).to.include({ fromCheckpoint: true, recovered: true });
    expect(resumed.items.remaining).to.equal(0);
  });

  it('has no memory left: ends with 137, and the next one goes on from its checkpoint', async () => {
    await using world = await hungryWorld();
    await using first = world.start({ HUNGRY: 'true' });
    expect(await first.state()).to.deep.equal({ exitCode: 137, wasOutOfMemory: true });

    const resumed = await untilResumed(() => world.start({ HUNGRY: 'false' }));
    expect(resumed).to.include({ attempt: 2, exitCode: 0 });
    expect(resumed.resume).to.include({ fromCheckpoint: true, recovered: true });
    const eaten = await world.eaten();
    expect(
      eaten.filter((times) => times === 0),
      'items that were lost',
    ).to.deep.equal([]);
    // Up to the checkpoint nothing is done again.
    expect(eaten.slice(0, world.savedItems).every((times) => times === 1)).to.equal(true);
  });
}).timeout(180_000);

/** Starts again and again until the lease of the one that is gone has expired. */
async function untilResumed(start: () => ReturnType<Awaited<ReturnType<typeof openImageWorld>>['start']>) {
  for (;;) {
    await using next = start();
    const ended = await next.ended;
    if (ended.code !== 75) return summaryOf(ended);
  }
}
