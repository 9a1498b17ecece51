import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Effect, type EffectDetail, type EffectMiddleware, Effects } from './effects.ts';
import { ItemClosedError } from './errors.ts';
import { Call, currentCall } from './loop/call.ts';
import { openRunWorld } from './testing/run-world.ts';

const effect: Effect = { kind: 'http', operation: 'POST', target: 'api.test', write: true };

function setup() {
  const seen: string[] = [];
  const named =
    (name: string): EffectMiddleware =>
    async (what, next) => {
      seen.push(`${name} before ${what.operation}`);
      const result = await next();
      seen.push(`${name} after`);
      return result;
    };
  return { seen, named };
}

describe('effects', () => {
  it('passes each middleware once, outermost first', async () => {
    const { seen, named } = setup();
    const effects = new Effects([named('outer'), named('inner')]);
    const result = await effects.perform(effect, async () => {
      seen.push('effect');
      return 42;
    });
    expect(result).to.equal(42);
    expect(seen).to.deep.equal(['outer before POST', 'inner before POST', 'effect', 'inner after', 'outer after']);
  });

  it('does the effect as it is without middleware, and rejects as it does', async () => {
    const effects = new Effects();
    expect(await effects.perform(effect, async () => 42)).to.equal(42);
    const error = new Error('boom');
    expect(await effects.perform(effect, () => Promise.reject(error)).catch((e: unknown) => e)).to.equal(error);
    const throwing = () => {
      throw error;
    };
    expect(await effects.perform(effect, throwing).catch((e: unknown) => e)).to.equal(error);
    expect(await new Effects([(_, next) => next()]).perform(effect, throwing).catch((e: unknown) => e)).to.equal(error);
  });

  it('does not happen when a middleware refuses it, and the inner ones do not see it', async () => {
    const { seen, named } = setup();
    const refusing: EffectMiddleware = () => Promise.reject(new Error('refused'));
    const effects = new Effects([named('outer'), refusing, named('inner')]);
    const refused = await effects.perform(effect, () => expect.fail('happened')).catch((e: Error) => e.message);
    expect(refused).to.equal('refused');
    expect(seen).to.deep.equal(['outer before POST']);
    const instead = new Effects([async () => 'instead']);
    expect(await instead.perform(effect, () => expect.fail('happened'))).to.equal('instead');
  });

  it('makes the detail of an effect only for a middleware that asks, once each time it asks', async () => {
    let made = 0;
    const detail = (): EffectDetail => {
      made += 1;
      return { store: 'postgres', sql: 'select $1', values: [made] };
    };
    const { seen, named } = setup();
    await new Effects().perform(effect, async () => 42, detail);
    await new Effects([named('outer'), named('inner')]).perform(effect, async () => 42, detail);
    expect(made).to.equal(0);
    expect(seen).to.have.length(4);

    const asked: unknown[] = [];
    const asking: EffectMiddleware = (_, next, of) => {
      asked.push(of?.());
      return next();
    };
    await new Effects([named('outer'), asking]).perform(effect, async () => expect(made).to.equal(1), detail);
    await new Effects([asking]).perform(effect, async () => 42);
    expect(asked).to.deep.equal([{ store: 'postgres', sql: 'select $1', values: [1] }, undefined]);
  });

  it('refuses an effect of a call that is closed, before any middleware', async () => {
    const { seen, named } = setup();
    const effects = new Effects([named('any')]);
    const call = new Call();
    const inCall = () => currentCall.run(call, () => effects.perform(effect, async () => 42).catch((e: Error) => e));
    expect(await inCall()).to.equal(42);
    call.closed = true;
    const refused = await inCall();
    expect(refused).to.be.instanceOf(ItemClosedError);
    expect(refused)
      .to.have.property('message')
      .that.matches(/^http POST was refused: its item is settled already/);
    expect(seen).to.have.length(2);
  });

  it('is the door for all that a run does to its ledger, in this order', async () => {
    const { run, source, effects } = openRunWorld();
    await run((ctx) => ctx.each(source(3), () => ctx.clock.sleep(5)));
    expect(effects.map(({ kind, operation }) => `${kind} ${operation}`)).to.deep.equal([
      'ledger claim',
      'sleep sleep',
      'sleep sleep',
      'sleep sleep',
      'ledger finish',
      'ledger prune',
    ]);
  });
});
