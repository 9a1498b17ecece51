import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineJob, MemoryLedger } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { openCaseStores } from '../case-stores.ts';
import { loadCase } from '../fixture/index.ts';
import { makeCaseFolder } from '../fixture/testing/case-folder.ts';
import { assertHar } from '../http/testing/har-format.ts';
import { testStack } from '../testing/test-stack.ts';
import { recordRun } from './record-run.ts';

interface Customer {
  readonly id: string;
  readonly email: string;
}

const secrets = { HOOK_PATH: 'T0/B0/s3cr3t path', HOOK_TOKEN: 'tok&en+1/2' };

/** Reads and writes in all the ways in which items are named, and has a secret in the path and one in the query of a URL. */
const notify = defineJob({
  name: 'notify-customers',
  summary: 'Tells a service of customers and their orders.',
  scope: z.object({}),
  env: z.object({ HOOKS_API_URL: z.url() }),
  secrets: ['HOOK_PATH', 'HOOK_TOKEN'],
  schedule: { rate: '1 hour' },
  limits: { concurrency: 1 },

  async run(ctx) {
    await ctx.each(ctx.dynamo.scan<Customer>({ table: 'customers' }), async (customer) => {
      await ctx.dynamo.batchGet('orders', [{ id: `of ${customer.id}` }, { id: 'of nobody' }]);
      // DynamoDB Local has transactions, this stack's has none: what counts is what was there before.
      await ctx.dynamo.transactWrite([{ put: { table: 'audits', item: { id: customer.id } } }]).catch(() => undefined);
      const path = encodeURIComponent(ctx.secrets.HOOK_PATH);
      const token = encodeURIComponent(ctx.secrets.HOOK_TOKEN);
      await ctx.http.post(`${ctx.env.HOOKS_API_URL}/${path}/notify?token=${token}`, {
        json: { customer: { email: customer.email }, list: [{ email: 'else@where.example' }] },
      });
    });
  },
});

const table = (name: string) =>
  JSON.stringify({
    TableName: name,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
const typed = {
  id: { S: 'c1' },
  email: { S: 'who@customers.example' },
  contact: { M: { phones: { L: [{ S: '+49 30 1234567' }] } } },
  tags: { SS: ['one', 'two'] },
  big: { N: '12345678901234567890' },
  bytes: { B: 'AP/+' },
};
const lines = (...items: readonly object[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** The files of a case that is recorded of the job; the service says the e-mail address again. */
async function record(redact: readonly string[] = []) {
  await using opened = new AsyncDisposableStack();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { customer } = JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ told: `mail to ${customer.email}`, by: request.url }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const folder = opened.use(
    makeCaseFolder({
      'dynamodb/customers.json': table('customers'),
      'dynamodb/customers.jsonl': lines({ Item: typed }),
      'dynamodb/orders.json': table('orders'),
      'dynamodb/orders.jsonl': lines({ id: 'of c1', total: 5 }, { id: 'of others', total: 7 }),
      'dynamodb/audits.json': table('audits'),
      'dynamodb/audits.jsonl': lines({ id: 'c1', times: 3 }, { id: 'c2', times: 9 }),
    }),
  );
  const { stores } = opened.use(await openCaseStores(testStack(), await loadCase(folder.path)));
  const HOOKS_API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ledger = opened.use(new MemoryLedger());
  const environment = { HOOKS_API_URL, ...secrets };
  const { summary, files, warnings } = await recordRun(notify, { environment, stores, ledger, scope: {}, redact });
  expect(summary).to.include({ status: 'succeeded' });
  expect(warnings).to.deep.equal([]);
  const read = (file: string) => files[file] ?? '';
  const [entry] = JSON.parse(read('http.har')).log.entries;
  return { files, read, all: Object.values(files).join('\n'), entry };
}

describe('recordRun, of a job of any kind', () => {
  it('writes items typed where plain JSON would lose something of them', async () => {
    const { read } = await record();
    expect(JSON.parse(read('dynamodb/customers.jsonl'))).to.deep.equal({ Item: typed });
  });

  it('takes the items that a batch read and a transaction name, as they were, and no others', async () => {
    const { read } = await record();
    expect(read('dynamodb/orders.jsonl')).to.equal('{"id":"of c1","total":5}\n');
    expect(read('dynamodb/audits.jsonl')).to.equal('{"id":"c1","times":3}\n');
  });

  it('leaves no secret of a URL in any file, in path, query or answer', async () => {
    const { all, entry, read } = await record();
    for (const secret of Object.values(secrets)) {
      expect(all).to.not.include(secret);
      expect(all).to.not.include(encodeURIComponent(secret));
    }
    expect(entry.request.url).to.match(/\/recorded-HOOK_PATH\/notify\?token=/);
    expect(all).to.not.match(/s3cr3t|tok&en|tok%26en/i);
    assertHar(read('http.har'));
  });

  it('replaces fields of bodies and attributes by pseudonyms that are the same throughout', async () => {
    const redact = ['customers.email', '$.customer.email', '$.list.email', 'customers.contact.phones'];
    const { read, all, entry } = await record(redact);
    const { Item } = JSON.parse(read('dynamodb/customers.jsonl'));
    const pseudonym: string = Item.email.S;
    expect(pseudonym)
      .to.match(/^[a-z]{3}@example\.com$/)
      .and.not.equal('who@customers.example');
    const body = JSON.parse(entry.request.postData.text);
    expect(body.customer.email).to.equal(pseudonym);
    expect(body.list[0].email)
      .to.match(/@example\.com$/)
      .and.not.equal(pseudonym);
    expect(JSON.parse(entry.response.content.text).told, 'in the middle of a text').to.equal(`mail to ${pseudonym}`);
    expect(Item.contact.M.phones.L[0].S)
      .to.match(/^\+\d\d \d\d \d{7}$/)
      .and.not.equal('+49 30 1234567');
    expect(Item.tags).to.deep.equal(typed.tags);
    expect(all).to.not.match(/customers\.example|where\.example|1234567"/);
  });
});
