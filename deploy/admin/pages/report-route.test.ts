import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openStand } from '../testing/stand.ts';

describe('GET /admin/runs/:run/report', () => {
  it('is the report of the run, for all who may look, whatever they accept', async () => {
    await using stand = await openStand();
    const { runId } = (await stand.post('/admin/fail-some', {})).json;
    for (const accept of ['text/html', '*/*', 'application/json']) {
      const { status, headers, text } = await stand.get(`/admin/runs/${runId}/report`, {
        as: 'read',
        headers: { accept },
      });
      expect({ status, type: headers['content-type'] }).to.deep.equal({
        status: 200,
        type: 'text/html; charset=utf-8',
      });
      expect(headers['content-disposition']).to.equal(`inline; filename="${runId}.html"`);
      expect(text).to.include('fail-some succeeded, but 2 of 4 items failed').and.include('no b');
    }
  });

  it('may show itself and nothing else', async () => {
    await using stand = await openStand();
    const { runId } = (await stand.post('/admin/fail-some', {})).json;
    const { headers } = await stand.get(`/admin/runs/${runId}/report`);
    expect(headers['content-security-policy']).to.equal(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    );
    expect(headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });

  it('is nothing without a token, nor of a run that there is not', async () => {
    await using stand = await openStand();
    const path = '/admin/runs/01M856K8D0KCDFSK7YZY5V9Q4M/report';
    expect((await stand.get(path)).status).to.equal(404);
    expect((await stand.get('/admin/runs/%22%0d%0a/report')).status).to.equal(404);
    expect((await fetch(`${stand.admin.url}${path}`, { redirect: 'manual' })).status).to.equal(401);
  });
});
