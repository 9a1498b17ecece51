import { expect } from 'chai';
import { describe, it } from 'mocha';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { openLog } from './log.ts';
import type { Progress } from './progress.ts';
import { progressLog } from './progress-log.ts';

const progress: Progress = {
  ...{ total: 2_400, settled: 600, succeeded: 540, skipped: 58, failed: 2, retried: 3 },
  ...{ inFlight: 16, itemsPerSecond: 33.333, waitedMs: 1_200.5 },
};

function setup() {
  const clock = new VirtualClock();
  const lines: Record<string, unknown>[] = [];
  const to = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = (bindings: Readonly<Record<string, unknown>>) => openLog(to, bindings);
  return { clock, lines, observer: progressLog({ log, clock }) };
}

describe('report/progress-log', () => {
  it('tells every ten seconds what is done, at what rate, what is left, and what came of it', async () => {
    const { clock, lines, observer } = setup();
    await clock.advance(9_000);
    observer.onStart?.({ job: 'some-job', runId: 'run-1', attempt: 2 });
    for (let passedMs = 0; passedMs < 35_000; passedMs += 200) {
      observer.onProgress?.(progress);
      await clock.advance(200);
    }
    expect(lines).to.have.length(3);
    const [{ time: _, ...line } = { time: '' }] = lines;
    expect(line).to.deep.equal({
      ...{ level: 'info', msg: 'progress', job: 'some-job', run: 'run-1', attempt: 2 },
      ...{ total: 2_400, settled: 600, succeeded: 540, skipped: 58, failed: 2, retried: 3 },
      ...{ inFlight: 16, itemsPerSecond: 33.3, waitedMs: 1_201, leftMs: 54_001 },
    });
  });

  it('says nothing of what nobody knows, nor of a short run', async () => {
    const { clock, lines, observer } = setup();
    observer.onProgress?.(progress);
    await clock.advance(9_999);
    observer.onProgress?.(progress);
    expect(lines).to.deep.equal([]);
    await clock.advance(1);
    observer.onProgress?.({ ...progress, total: undefined, itemsPerSecond: 0 });
    expect(lines[0]).not.to.have.any.keys('total', 'leftMs', 'job', 'run');
  });
});
