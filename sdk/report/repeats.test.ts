import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Repeats } from './repeats.ts';

function setup() {
  const written: { readonly line: string; readonly repeated: number | undefined }[] = [];
  const repeats = new Repeats<string>((line, repeated) => written.push({ line, repeated }));
  return {
    repeats,
    note: (kind: string, nowMs: number) => repeats.note(kind, `${kind}@${nowMs}`, nowMs),
    look: () => written.splice(0).map(({ line, repeated }) => (repeated === undefined ? line : `${line} x${repeated}`)),
    written,
  };
}

describe('report/repeats', () => {
  it('lets the first of a kind through, then one in ten seconds with how often it came', () => {
    const { note, look, repeats } = setup();
    for (let nowMs = 0; nowMs < 10_000; nowMs += 1_000) note('a', nowMs);
    expect(look()).to.deep.equal(['a@0']);
    note('a', 10_000);
    expect(look()).to.deep.equal(['a@9000 x9']);
    for (let nowMs = 11_000; nowMs < 20_000; nowMs += 1_000) note('a', nowMs);
    expect(look()).to.deep.equal([]);
    repeats.flush();
    expect(look()).to.deep.equal(['a@19000 x10']);
    repeats.flush();
    expect(look()).to.deep.equal([]);
  });

  it('tells what is due with the next line of any kind, and lets one that came once come again after that', () => {
    const { note, look, repeats } = setup();
    note('a', 0);
    note('a', 1);
    note('b', 2);
    expect(look()).to.deep.equal(['a@0', 'b@2']);
    note('c', 10_000);
    expect(look()).to.deep.equal(['a@1 x1', 'c@10000']);
    repeats.tellDue(20_001);
    note('b', 20_002);
    expect(look()).to.deep.equal(['b@20002']);
  });

  it('never holds back the first of another kind, however long their names are alike', () => {
    const { note, look } = setup();
    const long = 'x'.repeat(10_000);
    for (const kind of ['a', 'b', `${long}1`, `${long}2`]) note(kind, 0);
    expect(look()).to.have.length(4);
  });

  it('keeps so many kinds at most, and tells of the one that it forgets', () => {
    const { note, look } = setup();
    note('first', 0);
    note('first', 1);
    for (let kind = 0; kind < 499; kind++) note(`${kind}`, 2);
    expect(look()).to.have.length(500);
    note('one more', 3);
    expect(look()).to.deep.equal(['one more@3', 'first@1 x1']);
    note('first', 4);
    expect(look()).to.include('first@4');
  });

  it('counts exactly, whatever comes when', () => {
    const call = fc.tuple(
      fc.constantFrom('a', 'b', 'c', ...Array.from({ length: 600 }, (_, n) => `k${n}`)),
      fc.nat(4_000),
    );
    fc.assert(
      fc.property(fc.array(call, { maxLength: 2_000, size: 'max' }), (calls) => {
        const { note, written, repeats } = setup();
        const came = new Map<string, number>();
        let nowMs = 0;
        for (const [kind, afterMs] of calls) {
          nowMs += afterMs;
          note(kind, nowMs);
          came.set(kind, (came.get(kind) ?? 0) + 1);
        }
        repeats.flush();
        const told = new Map<string, number>();
        for (const { line, repeated = 1 } of written) {
          const [kind = ''] = line.split('@');
          told.set(kind, (told.get(kind) ?? 0) + repeated);
        }
        expect(told).to.deep.equal(came);
      }),
      { numRuns: 100 },
    );
  });
});
