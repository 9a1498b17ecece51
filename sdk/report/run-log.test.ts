import { expect } from 'chai';
import { describe, it } from 'mocha';
import { defineJob } from '../job.ts';
import { runJob } from '../run.ts';
import { memorySource } from '../sources/memory.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { openLog } from './log.ts';
import { Redaction } from './redaction.ts';
import { openRunLog } from './run-log.ts';

function setup(secrets: readonly string[] = []) {
  const clock = new VirtualClock();
  const lines: Record<string, unknown>[] = [];
  const to = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = openRunLog(openLog(to, { job: 'some-job' }), { redaction: new Redaction(secrets), clock });
  return { clock, lines, to, log, look: () => lines.splice(0).map(({ time: _, job: __, ...line }) => line) };
}

describe('report/run-log', () => {
  it('writes time, level, message and fields, with what the log is bound to', () => {
    const { log, lines } = setup();
    log.info('started', { dryRun: false });
    const [{ time, ...line } = { time: '' }] = lines;
    expect(line).to.deep.equal({ level: 'info', job: 'some-job', dryRun: false, msg: 'started' });
    expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('counts repeated warnings and errors, by level, message and code of the error', async () => {
    const { log, look, clock } = setup();
    for (let time = 0; time < 50; time++) {
      log.warn('slow', { error: { code: 'A' } });
      log.warn('slow', { error: Object.assign(new Error(), { code: 'B' }) });
      log.error('slow', { error: { code: 'A' } });
    }
    expect(look()).to.deep.equal([
      { level: 'warn', error: { code: 'A' }, msg: 'slow' },
      { level: 'warn', error: { name: 'Error', code: 'B', message: '' }, msg: 'slow' },
      { level: 'error', error: { code: 'A' }, msg: 'slow' },
    ]);
    await clock.advance(10_000);
    log.info('going on');
    expect(look().map(({ level, msg, repeated }) => [level, msg, repeated])).to.deep.equal([
      ['warn', 'slow', 49],
      ['warn', 'slow', 49],
      ['error', 'slow', 49],
      ['info', 'going on', undefined],
    ]);
    log.error('slow', { error: { code: 'A' } });
    log[Symbol.dispose]();
    expect(look()).to.deep.equal([{ level: 'error', error: { code: 'A' }, repeated: 1, msg: 'slow' }]);
  });

  it('repeats what is no warning as often as it is said', () => {
    const { log, look } = setup();
    for (let time = 0; time < 3; time++) log.info('page read');
    for (let time = 0; time < 3; time++) log.debug('page read');
    expect(look()).to.have.length(6);
  });

  it('blanks secrets in messages, in what is bound by the item, and in fields', () => {
    const { log, lines } = setup(['sesame-street-42']);
    log.error('no sesame-street-42', { error: new Error('sesame-street-42'), token: 'abc' });
    log.debug('no sesame-street-42', { list: ['sesame-street-42'] });
    expect(JSON.stringify(lines)).not.to.include('sesame').and.not.include('abc');
  });

  it('binds the item and tells at the end of a run what it held back', async () => {
    const { lines, to } = setup();
    const job = defineJob({
      name: 'log-some',
      summary: 'Logs.',
      run: async (ctx) => {
        await ctx.each(memorySource(['a', 'b', 'c']), (value) => ctx.log.warn('odd', { length: value.length }));
        ctx.log.info('all seen');
      },
    });
    await runJob(job, { log: (bindings) => openLog(to, bindings) });
    const told = lines.filter(({ msg }) => msg === 'odd');
    expect(told.map(({ item, repeated }) => ({ item, repeated }))).to.deep.equal([
      { item: 'a', repeated: undefined },
      { item: 'c', repeated: 2 },
    ]);
    expect(lines.find(({ msg }) => msg === 'all seen')).not.to.have.property('item');
    for (const line of lines) expect(line).to.include({ job: 'log-some', attempt: 1 }).and.to.have.property('run');
  });
});
