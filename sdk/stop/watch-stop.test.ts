import { expect } from 'chai';
import { describe, it } from 'mocha';
import { silentLog } from '../report/log.ts';
import { openRunWorld, sigterm } from '../testing/run-world.ts';

interface Told {
  readonly level: string;
  readonly msg: string;
  readonly error?: string;
}

/** Runs two items, one after the other, of 100 ms; each calls `onItem` first. */
async function setup(
  onItem: () => void = () => {},
  { signal, maxRunMs }: { signal?: AbortSignal; maxRunMs?: number } = {},
) {
  const { clock, run, source } = openRunWorld();
  const told: Told[] = [];
  const note =
    (level: string) =>
    (msg: string, fields: { readonly error?: { readonly message: string } } = {}) =>
      void told.push({ level, msg, ...(fields.error && { error: fields.error.message }) });
  const log = () => ({ ...silentLog, info: note('info'), warn: note('warn'), error: note('error') });
  const summary = await run(
    (ctx) =>
      ctx.each(source(2), async () => {
        onItem();
        await clock.sleep(100);
      }),
    { log, limits: { concurrency: 1, ...(maxRunMs && { maxRunMs }) }, ...(signal && { signal }) },
  );
  return { summary, warnings: told.filter(({ level }) => level !== 'info') };
}

describe('watchStop', () => {
  it('tells of no early end when there is none', async () => {
    const { summary, warnings } = await setup();
    expect(summary.status).to.equal('succeeded');
    expect(warnings).to.deep.equal([]);
  });

  it('tells why a run ends early, once', async () => {
    const { summary, warnings } = await setup(undefined, { maxRunMs: 50 });
    expect(summary.status).to.equal('interrupted');
    expect(warnings).to.deep.equal([
      {
        level: 'warn',
        msg: 'finishing what is in flight',
        error: 'the time slice of limits.maxRunMs (50 ms) is used up',
      },
    ]);
  });

  it('leaves it to whoever gave the signal to tell of it', async () => {
    const caller = new AbortController();
    const { summary, warnings } = await setup(() => caller.abort(sigterm()), { signal: caller.signal });
    expect(summary.status).to.equal('interrupted');
    expect(warnings).to.deep.equal([]);
  });
});
