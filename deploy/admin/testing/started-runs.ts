/** What the admin said it has started, against what its ledger has. */
import { canonicalJson, type Json, type RunRecord } from '@stint/sdk';
import { expect } from 'chai';
import { smuggled } from './bad-bytes.ts';
import type { BadRequest } from './bad-requests.ts';
import type { RawAnswer } from './raw-answer.ts';

const start = /^\/admin\/(narrow|wide)(\?|$)/;

export class StartedRuns {
  /** By its id: the scope that was asked for, as canonical JSON, where a body of JSON had it. */
  readonly #scopes = new Map<string, string | undefined>();

  /** @param there ids of runs that were there before */
  constructor(there: readonly string[]) {
    for (const runId of there) this.#scopes.set(runId, undefined);
  }

  /** @throws AssertionError for a run that whoever asked may not start */
  note({ method, as: who, target, body = '' }: BadRequest, { status, headers }: RawAnswer): void {
    // A form is answered with the way to its run.
    const place = status === 303 ? headers.location : headers['content-location'];
    const [, runId] = /^\/admin\/runs\/(\w{26})$/.exec(place ?? '') ?? [];
    if (runId === undefined) return;
    expect(method, 'the method of a start').to.equal('POST');
    expect(who, 'who has started a run').to.be.oneOf(['admin', 'trigger', 'session']);
    expect(status, 'the status of a start').to.be.oneOf([200, 202, 303]);
    const scope = start.test(target) ? scopeIn(body) : undefined;
    if (scope !== undefined || !this.#scopes.has(runId)) this.#scopes.set(runId, scope);
  }

  /** @throws AssertionError for a run that nobody was told of, one that is not there, and one that is wider than what was asked for */
  check(records: readonly RunRecord[]): void {
    expect(records.map(({ runId }) => runId)).to.have.members([...this.#scopes.keys()]);
    for (const { runId, job, scope } of records) {
      const text = canonicalJson(scope);
      expect(text, `the scope of ${runId}`).to.equal(this.#scopes.get(runId) ?? text);
      expect(text).to.not.contain(smuggled);
      if (job === 'narrow') expect(narrows(scope), `a scope in ${text}`).to.equal(true);
    }
  }
}

function scopeIn(body: string): string {
  const { scope = {} }: { scope?: Json } = JSON.parse(Buffer.from(body, 'latin1').toString().trim() || '{}');
  return canonicalJson(scope);
}

/** Whether anything in it leaves something out. */
function narrows(scope: Json): boolean {
  return Object.values(scope as object).some((value) => !['""', '[]', '{}', 'null'].includes(canonicalJson(value)));
}
