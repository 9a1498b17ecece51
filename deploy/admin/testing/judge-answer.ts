/** What every answer of the admin has to be, whatever was asked. */
import { expect } from 'chai';
import { repositoryRoot } from '../../../harness/repository.ts';
import { marker } from './bad-values.ts';
import type { RawAnswer } from './raw-answer.ts';

/** Written by the server before a request was one: bare, and the end of its connection. */
const protocolStatuses: ReadonlySet<number> = new Set([400, 408, 413, 417, 431]);
const tellTales = [repositoryRoot, 'node_modules', 'node:internal', 'file://', '\n    at ', '.ts:'];

/** @throws AssertionError */
export function judgeAnswer(
  { status, headers, body }: RawAnswer,
  { isHead = false }: { readonly isHead?: boolean } = {},
): void {
  expect(status, `${status}: ${body.slice(0, 300)}`).to.be.within(200, 499);
  for (const tellTale of tellTales) expect(body, 'what only its log may have').to.not.contain(tellTale);
  expect(Object.keys(headers).join()).to.not.contain(marker);
  if (protocolStatuses.has(status) && headers.connection === 'close' && body === '') return;
  expect(headers, `the headers of a ${status}`).to.include({ 'x-content-type-options': 'nosniff' });
  expect(headers['content-security-policy'], `the policy of a ${status}`).to.match(/^default-src 'none'/);
  const type = String(headers['content-type']).split(';')[0];
  if (type === 'text/html') expect(body).to.not.match(/<script>alert|<img src=x/);
  if (status < 400 || isHead) return;
  if (type === 'text/html') {
    expect(body, `the page of a ${status}`).to.match(/^<!doctype html>/i);
    return;
  }
  expect(type, `the type of a ${status}`).to.equal('application/problem+json');
  expect(JSON.parse(body)).to.include({ type: 'about:blank', status });
}
