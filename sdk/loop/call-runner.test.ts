import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ItemAbandonedError, ItemTimeoutError } from '../errors.ts';
import { never } from '../testing/run-world.ts';
import { turn, VirtualClock } from '../testing/virtual-clock.ts';
import { Call, type CallFailure, currentCall } from './call.ts';
import { CallRunner } from './call-runner.ts';

function setup({ timeoutMs = 1_000, graceMs = 100 } = {}) {
  const clock = new VirtualClock();
  const runner = new CallRunner({ clock, timeoutMs, graceMs });
  const ends: { call: Call; failure: CallFailure; atMs: number }[] = [];
  return {
    clock,
    runner,
    ends,
    start(invoke: (call: Call) => unknown): Call {
      const call = new Call();
      call.startedMs = clock.monotonicMs();
      runner.start(
        call,
        () => invoke(call),
        (failure) => void ends.push({ call, failure, atMs: clock.monotonicMs() }),
      );
      return call;
    },
  };
}

const boom = new Error('boom');
const thenable = (then: unknown) => ({ then });

describe('call-runner', () => {
  it('ends a call at once when its handler returns or throws without waiting', () => {
    const { ends, start } = setup();
    start(() => 'ignored');
    start(() => {
      throw boom;
    });
    expect(ends.map(({ failure }) => failure)).to.deep.equal([undefined, { error: boom }]);
  });

  it('ends a call when its promise settles, with whatever it rejects with', async () => {
    const { ends, start } = setup();
    start(async () => 'ignored');
    for (const error of [boom, undefined, null, 'a string', { some: 'object' }]) start(() => Promise.reject(error));
    await turn();
    expect(ends.map(({ failure }) => failure)).to.deep.equal([
      undefined,
      ...[boom, undefined, null, 'a string', { some: 'object' }].map((error) => ({ error })),
    ]);
  });

  it('awaits anything that can be awaited, and takes a thenable that throws for a failure', async () => {
    const { ends, start } = setup();
    start(() => thenable((resolve: () => void) => resolve()));
    start(() => thenable((_: unknown, reject: (error: unknown) => void) => reject(boom)));
    start(() =>
      thenable(() => {
        throw boom;
      }),
    );
    const trap = () => {
      throw boom;
    };
    start(() => new Proxy({}, { has: () => true, get: trap }));
    start(() => thenable('not a function'));
    await turn();
    const failed = { error: boom };
    expect(ends.map(({ failure }) => failure)).to.have.deep.members([undefined, failed, failed, failed, undefined]);
  });

  it('ends a call once, though a thenable settles twice', async () => {
    const { ends, start } = setup();
    start(() =>
      thenable((resolve: () => void, reject: (error: unknown) => void) => {
        resolve();
        reject(boom);
        throw boom;
      }),
    );
    await turn();
    expect(ends.map(({ failure }) => failure)).to.deep.equal([undefined]);
  });

  it('fires the signal when time is up, and takes a handler that ends then for timed out, though it returned', async () => {
    const { clock, ends, start } = setup();
    const call = start((own) => new Promise<void>((resolve) => own.signal.addEventListener('abort', () => resolve())));
    await clock.advance(1_000);
    expect(ends).to.have.length(1);
    expect(ends[0]?.failure?.error).to.be.instanceOf(ItemTimeoutError);
    expect(call.signal.reason).to.equal(ends[0]?.failure?.error);
    expect(call.closed).to.equal(false);
    expect(clock.pending).to.equal(0);
  });

  it('leaves a handler behind that does not end when its signal fires, and closes its call', async () => {
    const { clock, ends, start } = setup();
    const late = Promise.withResolvers<void>();
    const call = start(() => late.promise);
    await clock.advance(1_099);
    expect(ends).to.have.length(0);
    await clock.advance(1);
    expect(ends[0]?.failure?.error).to.be.instanceOf(ItemAbandonedError);
    expect(call.closed).to.equal(true);
    late.reject(boom);
    await clock.advance(5_000);
    expect(ends).to.have.length(1);
  });

  it('gives every call its own full time', async () => {
    const { clock, ends, start } = setup({ graceMs: 0 });
    for (const _ of [1, 2, 3]) {
      start(never);
      await clock.advance(300);
    }
    start(() => clock.sleep(900));
    await clock.advance(5_000);
    expect(ends.map(({ atMs }) => atMs)).to.deep.equal([1_000, 1_300, 1_600, 1_800]);
    expect(ends.filter(({ failure }) => failure === undefined)).to.have.length(1);
    // Watched again after the list was empty.
    start(never);
    await clock.advance(1_000);
    expect(ends.at(-1)?.atMs).to.equal(7_900 - 1_000);
  });

  it('gives a new signal and full time to a call that is made again', async () => {
    const { clock, runner, ends, start } = setup();
    const call = start((own) => new Promise<void>((resolve) => own.signal.addEventListener('abort', () => resolve())));
    await clock.advance(1_000);
    call.renew();
    call.startedMs = clock.monotonicMs();
    expect(call.signal.aborted).to.equal(false);
    expect(await clock.run(runner.run(call, () => clock.sleep(900)))).to.equal(undefined);
    expect(ends).to.have.length(1);
  });

  it('ends all calls with the reason when it aborts, those that were timed out already with theirs', async () => {
    const { clock, runner, ends, start } = setup({ graceMs: 500 });
    start(never);
    await clock.advance(900);
    const obedient = start((call) => new Promise((_, reject) => call.signal.addEventListener('abort', reject)));
    const deaf = start(never);
    const returns = start(() => clock.sleep(300));
    await clock.advance(200);
    const reason = new Error('the run ends');
    runner.abortAll(reason);
    await clock.advance(5_000);
    const errors = new Map(ends.map(({ call, failure }) => [call, failure?.error]));
    expect([...errors.values()].filter((error) => error === reason)).to.have.length(3);
    expect([...errors.values()].filter((error) => error instanceof ItemAbandonedError)).to.have.length(1);
    expect([obedient.closed, deaf.closed, returns.closed]).to.deep.equal([false, true, false]);
    expect(ends.every(({ atMs }) => atMs <= 1_600)).to.equal(true);
    expect(clock.pending).to.equal(0);
  });

  it('ends an aborted call with the reason, though its time is up before it ends', async () => {
    const { clock, runner, ends, start } = setup({ timeoutMs: 1_000, graceMs: 800 });
    start(() => clock.sleep(1_500));
    await clock.advance(900);
    start(never);
    runner.abortAll('the run ends');
    await clock.advance(5_000);
    expect(ends.map(({ failure, atMs }) => [failure?.error, atMs])).to.deep.equal([
      ['the run ends', 1_500],
      ['the run ends', 1_700],
    ]);
  });

  it('makes the call known to all that its handler does', async () => {
    const { clock, start } = setup();
    const seen: (Call | undefined)[] = [];
    const call = start(async () => {
      seen.push(currentCall.getStore());
      await clock.sleep(10);
      seen.push(currentCall.getStore());
    });
    expect(currentCall.getStore()).to.equal(undefined);
    await clock.advance(20);
    expect(seen).to.deep.equal([call, call]);
  });

  it('leaves no timer behind when it is closed', async () => {
    const { clock, runner, start } = setup();
    start(() => clock.sleep(10));
    await clock.advance(10);
    runner.close();
    expect(clock.pending).to.equal(0);
  });
});
