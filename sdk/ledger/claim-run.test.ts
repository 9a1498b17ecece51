import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Effects } from '../effects.ts';
import { InterruptedError } from '../errors.ts';
import { seededRandom } from '../random.ts';
import { silentLog } from '../report/log.ts';
import type { Overlap } from '../schedule.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { claimRun } from './claim-run.ts';
import type { Claim, ClaimRequest, Granted, Refused, Sighting } from './ledger.ts';
import { LedgerCalls } from './ledger-calls.ts';
import { MemoryLedger } from './memory.ts';

const granted: Granted = {
  granted: true,
  lease: { runId: 'mine', key: 'job test', fencingToken: 2, ttlMs: 60_000 },
  attempt: 1,
  checkpoint: undefined,
  recovered: false,
  definition: 'd',
};
const overlap: Refused = { granted: false, reason: 'overlap', runId: 'other', sighting: undefined };
const seen = (beat: number, fencingToken = 1): Sighting => ({
  leaseKey: 'job test',
  fencingToken,
  beat,
  ttlMs: 60_000,
  holder: 'host 1',
});
const unavailable = () => Promise.reject(Object.assign(new Error('no ledger'), { code: 'ECONNREFUSED' }));

/** Claims on a ledger that answers as `answer` says, which gets the number of the claim, from 1, and the time. */
function setup(answer: (request: ClaimRequest, number: number, atMs: number) => Claim | Promise<Claim>) {
  const clock = new VirtualClock();
  const requests: ClaimRequest[] = [];
  const cancelled: string[] = [];
  const beats: number[] = [];
  class Answering extends MemoryLedger {
    override async claim(request: ClaimRequest): Promise<Claim> {
      return answer(request, requests.push(request), clock.monotonicMs());
    }
    override async cancel(runId: string, by: string): Promise<void> {
      cancelled.push(`${runId} by ${by}`);
    }
    override async heartbeat() {
      beats.push(clock.monotonicMs());
      return { cancelledBy: undefined };
    }
  }
  const effects = new Effects();
  const stop = new AbortController();
  const claim = (policy: Overlap = 'skip', request: Partial<ClaimRequest> = {}) =>
    claimRun({
      calls: new LedgerCalls({ ledger: new Answering(), effects, clock }),
      request: {
        job: 'test',
        scope: {},
        trigger: { kind: 'test' },
        runId: 'mine',
        exclusive: 'job',
        resume: 'last',
        dryRun: false,
        redriveOf: undefined,
        definition: 'd',
        holder: 'host 2',
        ...request,
      },
      overlap: policy,
      clock,
      random: seededRandom(1),
      effects,
      log: silentLog,
      signal: stop.signal,
    });
  return { clock, claim, requests, cancelled, beats, stop };
}

describe('claim-run', () => {
  it('asks once when it is granted, and trusts the lease from when it asked', async () => {
    const { clock, claim, requests } = setup(async () => {
      await clock.sleep(3_000);
      return granted;
    });
    const { claim: answer, askedMs } = await clock.run(claim());
    expect(answer).to.equal(granted);
    expect([requests.length, askedMs]).to.deep.equal([1, 0]);
  });

  it('lives through an outage, and renews a lease of which it does not know when it began', async () => {
    const { clock, claim, beats } = setup((_request, _number, atMs) => (atMs < 20_000 ? unavailable() : granted));
    const { askedMs } = await clock.run(claim());
    expect(clock.monotonicMs()).to.be.within(20_000, 26_000);
    expect(beats).to.deep.equal([askedMs]);
  });

  it('renews a lease at once when the claim has used up a good part of it', async () => {
    const { clock, claim, beats } = setup(async () => {
      await clock.sleep(9_000);
      return granted;
    });
    const { askedMs } = await clock.run(claim());
    expect([askedMs, ...beats]).to.deep.equal([9_000, 9_000]);
  });

  it('rejects with the ledger’s error when the outage does not end', async () => {
    const { clock, claim, requests } = setup(unavailable);
    const error = await clock.run(claim().catch((cause: Error) => cause));
    expect(error).to.have.property('message', 'no ledger');
    expect(requests).to.have.length(30);
    expect(clock.monotonicMs()).to.be.within(30_000, 120_000);
  });

  it('rejects at once with an error that asking again would not help', async () => {
    const { clock, claim, requests } = setup(() => Promise.reject(new Error('permission denied')));
    await clock.run(claim().catch(() => {}));
    expect(requests).to.have.length(1);
  });

  it('skips when another run goes on, or a scheduled time was used', async () => {
    for (const reason of ['overlap', 'duplicate'] as const) {
      const { clock, claim, requests } = setup(() => ({ ...overlap, reason }));
      expect((await clock.run(claim())).claim).to.deep.equal({ ...overlap, reason });
      expect(requests).to.have.length(1);
    }
  });

  it('waits until the other run has ended', async () => {
    const { clock, claim, cancelled } = setup((_request, _number, atMs) => (atMs < 100_000 ? overlap : granted));
    expect((await clock.run(claim('wait'))).claim.granted).to.equal(true);
    expect(clock.monotonicMs()).to.be.within(100_000, 103_000);
    expect(cancelled).to.deep.equal([]);
  });

  it('asks once for the end of the other run, and waits for it', async () => {
    const { clock, claim, cancelled } = setup((_request, _number, atMs) => (atMs < 10_000 ? overlap : granted));
    expect((await clock.run(claim('cancel-other'))).claim.granted).to.equal(true);
    expect(cancelled).to.deep.equal(['other by run mine']);
  });

  it('never waits for a scheduled time that was used', async () => {
    for (const policy of ['wait', 'cancel-other', 'allow'] as const) {
      const { clock, claim, cancelled } = setup(() => ({ ...overlap, reason: 'duplicate' }));
      expect((await clock.run(claim(policy))).claim).to.have.property('reason', 'duplicate');
      expect(cancelled).to.deep.equal([]);
    }
  });

  it('begins a run beside the one that it would have gone on with when overlaps are allowed', async () => {
    const { clock, claim, requests } = setup(({ resume }) => (resume === 'none' ? granted : overlap));
    expect((await clock.run(claim('allow', { exclusive: 'nothing' }))).claim.granted).to.equal(true);
    expect(requests.map(({ resume }) => resume)).to.deep.equal(['last', 'none']);
  });

  it('ends its wait when it is told to', async () => {
    const { clock, claim, stop } = setup(() => overlap);
    const waiting = clock.run(claim('wait').catch((cause: Error) => cause));
    await clock.advance(5_000);
    stop.abort(new InterruptedError('told to end', 'SIGTERM'));
    expect(await waiting).to.equal(stop.signal.reason);
  });

  describe('in a store without a clock', () => {
    const held = (sighting: Sighting): Refused => ({ ...overlap, sighting });

    it('is refused as soon as a heartbeat is seen', async () => {
      const { clock, claim } = setup((_request, _number, atMs) => held(seen(Math.floor(atMs / 5_000))));
      expect((await clock.run(claim())).claim.granted).to.equal(false);
      expect(clock.monotonicMs()).to.be.within(5_000, 8_000);
    });

    it('is refused as soon as another is seen to have taken the lease', async () => {
      const { clock, claim } = setup((_request, number) => held(seen(7, number === 1 ? 1 : 2)));
      expect((await clock.run(claim())).claim.granted).to.equal(false);
      expect(clock.monotonicMs()).to.be.below(5_000);
    });

    it('takes over what stood still for its whole ttl, and not before', async () => {
      const takenMs: number[] = [];
      const { clock, claim, requests } = setup(({ expired }, _number, atMs) => {
        if (expired === undefined) return held(seen(7));
        takenMs.push(atMs);
        return granted;
      });
      expect((await clock.run(claim())).claim.granted).to.equal(true);
      expect(takenMs[0]).to.be.within(60_000, 60_001);
      expect(requests.at(-1)?.expired).to.deep.equal(seen(7));
    });

    it('begins to watch anew when the lease moves while it waits', async () => {
      const { clock, claim } = setup(({ expired }, _number, atMs) => {
        const beat = atMs < 30_000 ? 1 : 2;
        return expired?.beat === beat ? granted : held(seen(beat));
      });
      expect((await clock.run(claim('wait'))).claim.granted).to.equal(true);
      expect(clock.monotonicMs()).to.be.within(90_000, 95_000);
    });

    it('counts its own time without an answer for nothing', async () => {
      // The ledger is away for longer than the ttl, the holder beats all the while.
      const { clock, claim } = setup((_request, number, atMs) => {
        if (number > 1 && atMs < 30_000) return unavailable();
        return held(seen(Math.floor(atMs / 5_000)));
      });
      expect((await clock.run(claim())).claim.granted).to.equal(false);
    });
  });
});
