import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { testStack } from '../../harness/testing/test-stack.ts';
import { systemClock } from '../clock.ts';
import { LedgerError, StintError } from '../errors.ts';
import { classifyError } from '../pace/classify.ts';
import { awsError, DynamoStand } from '../testing/dynamo-stand.ts';
import { createLedgerTable, DynamoLedger } from './dynamodb.ts';
import { DynamoStore, type DynamoStoreConfig, openLedgerClient } from './dynamodb-store.ts';
import type { Item, ItemsStore } from './items-store.ts';
import { DynamoLocal, whyNoLocal } from './testing/dynamodb-local.ts';
import { endOf, grantedOf, rejectionOf, requestOf, saveOf } from './testing/item-scenarios.ts';
import { MemoryItems } from './testing/memory-items.ts';

/** A table of its own. */
async function makeTable(stand: DynamoStand): Promise<DynamoStoreConfig> {
  const config = { ...stand.config, table: `${stand.reset()}ledger` };
  await createLedgerTable(config);
  return config;
}

/** What every driver does alike: the crash tests of the protocol stand on the one in memory. */
function describeItems(open: () => Promise<ItemsStore>): void {
  const key = { pk: 'a', sk: 'b' };

  it('puts an item under the condition that there is none', async () => {
    await using store = await open();
    expect(await store.get(key)).to.equal(undefined);
    expect(await store.put({ ...key, text: 'x', number: 1, flag: true }, 'absent')).to.equal(true);
    expect(await store.put({ ...key, text: 'y' }, 'absent')).to.equal(false);
    expect(await store.get(key)).to.deep.equal({ ...key, text: 'x', number: 1, flag: true });
    expect(await store.put({ ...key, text: 'z' })).to.equal(true);
    expect(await store.get(key)).to.deep.equal({ ...key, text: 'z' });
  });

  it('compares attributes that are there, that are not, and that another type holds', async () => {
    await using store = await open();
    await store.put({ ...key, token: 1, status: 'running', free: false });
    const holds = (equal: Record<string, string | number | boolean | undefined>) =>
      store.update(key, { add: { tries: 1 } }, { equal });
    expect(await holds({ token: 1, status: 'running', free: false, gone: undefined })).to.equal(true);
    expect(await holds({ token: 2, status: 'running' })).to.equal(false);
    expect(await holds({ token: '1' })).to.equal(false);
    expect(await holds({ token: 1, status: undefined })).to.equal(false);
    expect(await holds({ gone: 1 })).to.equal(false);
    expect(await store.put({ ...key, token: 9 }, { equal: { token: 2 } })).to.equal(false);
    expect(await store.get(key)).to.deep.equal({ ...key, token: 1, status: 'running', free: false, tries: 1 });
  });

  it('never makes an item by an update, nor by a put that expects one', async () => {
    await using store = await open();
    expect(await store.update(key, { set: { a: 1 } }, { equal: { a: undefined } })).to.equal(false);
    expect(await store.put({ ...key, a: 1 }, { equal: { a: undefined } })).to.equal(false);
    expect(await store.get(key)).to.equal(undefined);
  });

  it('sets, adds and removes attributes at once, whatever they are called', async () => {
    await using store = await open();
    await store.put({ ...key, status: 'x', 'saved#1': 1, count: 1, expiresAt: 1 });
    const change = { set: { 'saved#1': 2, size: 3 }, add: { count: 2 }, remove: ['status', 'gone'] };
    expect(await store.update(key, change, { equal: { count: 1 } })).to.equal(true);
    expect(await store.get(key)).to.deep.equal({ ...key, 'saved#1': 2, size: 3, count: 3, expiresAt: 1 });
  });

  it('puts more items than fit into a batch, and pages through their partition both ways', async () => {
    await using store = await open();
    const items = Array.from({ length: 60 }, (_, n) => ({ pk: 'many', sk: String(n).padStart(3, '0'), n }));
    await store.putAll([...items, { pk: 'other', sk: '000', n: -1 }]);
    const read = async (reverse: boolean) => {
      const found: Item[] = [];
      for (let after: string | undefined; ; after = found.at(-1)?.sk) {
        const page = await store.query('many', { after, limit: 25, reverse });
        found.push(...page);
        if (page.length < 25) return found.map(({ n }) => n);
      }
    };
    expect(await read(false)).to.deep.equal(items.map(({ n }) => n));
    expect(await read(true)).to.deep.equal(items.map(({ n }) => n).reverse());
    expect(await store.query('none', { limit: 5 })).to.deep.equal([]);
  });

  it('reads as many items as are asked for, though they are larger than a page of the store', async () => {
    await using store = await open();
    const text = 'x'.repeat(100_000);
    await store.putAll(Array.from({ length: 24 }, (_, n) => ({ pk: 'large', sk: String(n).padStart(3, '0'), text })));
    expect((await store.query('large', { limit: 20 })).length).to.equal(20);
    expect((await store.query('large', { limit: 30 })).length).to.equal(24);
  });

  it('lets one of many through that write under the same condition at once', async () => {
    await using store = await open();
    await store.put({ ...key, token: 0 });
    const writes = Array.from({ length: 20 }, (_, n) =>
      store.update(key, { set: { token: n + 1 } }, { equal: { token: 0 } }),
    );
    const won = (await Promise.all(writes)).flatMap((done, n) => (done ? [n + 1] : []));
    expect(won.length).to.equal(1);
    expect((await store.get(key))?.token).to.equal(won[0]);
  });
}

describe('ledger/dynamodb', () => {
  describe('items in memory', () => describeItems(async () => new MemoryItems()));

  describe("items in the stack's store", () => {
    let stand: DynamoStand;
    before(async () => {
      stand = await DynamoStand.start();
    });
    after(() => stand.stop());
    describeItems(async () => new DynamoStore(await makeTable(stand), systemClock));

    it('gives a table that is made its key, on demand, and leaves one that is there', async () => {
      const config = await makeTable(stand);
      await createLedgerTable(config);
      const client = openLedgerClient(config);
      const { Table } = await client.send(new DescribeTableCommand({ TableName: config.table }));
      client.destroy();
      expect(Table?.KeySchema?.map(({ AttributeName, KeyType }) => [AttributeName, KeyType])).to.deep.equal([
        ['pk', 'HASH'],
        ['sk', 'RANGE'],
      ]);
      expect(Table?.BillingModeSummary?.BillingMode).to.equal('PAY_PER_REQUEST');
    });

    it('gives a table that is made a time to live on expiresAt', async function () {
      if (!(await stand.can('UpdateTimeToLive'))) {
        console.log("time to live of the ledger's table: not run (dynalite has none)");
        return this.skip();
      }
      const config = await makeTable(stand);
      const client = openLedgerClient(config);
      const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: config.table }));
      client.destroy();
      expect(TimeToLiveDescription).to.include({ AttributeName: 'expiresAt' });
      expect(TimeToLiveDescription?.TimeToLiveStatus).to.be.oneOf(['ENABLED', 'ENABLING']);
    });
  });

  describe('items in DynamoDB Local', () => {
    let local: DynamoLocal | undefined;
    let tables = 0;
    before(async function () {
      this.timeout(120_000);
      const reason = whyNoLocal(testStack().kind);
      if (reason !== undefined) {
        console.log(`DynamoDB Local: not run (${reason})`);
        this.skip();
      }
      local = await DynamoLocal.start();
    });
    after(() => local?.[Symbol.asyncDispose]());
    describeItems(async () => {
      const { endpoint, region, credentials } = local!;
      tables += 1;
      const config = { endpoint, region, credentials, table: `ledger-${tables}` };
      await createLedgerTable(config);
      return new DynamoStore(config, systemClock);
    });
  });

  describe('when it goes wrong', () => {
    let stand: DynamoStand;
    before(async () => {
      stand = await DynamoStand.start();
    });
    after(() => stand.stop());

    async function setup() {
      const config = await makeTable(stand);
      const slept: number[] = [];
      const clock = { ...systemClock, sleep: async (ms: number) => void slept.push(ms) };
      const ledger = new DynamoLedger({ ...config, clock });
      return { ledger, config, slept, [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() };
    }

    it('reads consistently, and sends each request once', async () => {
      await using world = await setup();
      const { lease } = await grantedOf(
        world.ledger,
        requestOf('1', { trigger: { kind: 'test', scheduledTime: 't' } }),
      );
      await world.ledger.checkpoint(lease, saveOf(1, ['a']));
      await world.ledger.finish(lease, endOf(2, false));
      await world.ledger.failures('1');
      await world.ledger.runs({ job: 'job' });
      const reads = stand.seen.filter(({ operation }) => operation === 'GetItem' || operation === 'Query');
      expect(reads.length).to.be.greaterThan(5);
      expect(reads.filter(({ input }) => input.ConsistentRead !== true)).to.deep.equal([]);
      expect(stand.seen.filter(({ operation }) => /Transact|Scan|Delete/.test(operation))).to.deep.equal([]);
    });

    it('puts every item under expiresAt, in seconds', async () => {
      await using world = await setup();
      const { lease } = await grantedOf(
        world.ledger,
        requestOf('1', { trigger: { kind: 'test', scheduledTime: 't' } }),
      );
      await world.ledger.checkpoint(lease, saveOf(1, ['a']));
      await world.ledger.finish(lease, endOf(2, false));
      const day = 86_400;
      for (const { operation, input } of stand.seen.filter(({ operation }) =>
        /^(Put|Update|BatchWrite)Item/.test(operation),
      )) {
        const names = JSON.stringify(input);
        expect(names, operation).to.include('expiresAt');
        const at = [...names.matchAll(/"N":"(\d{10})"/g)].map(([, seconds]) => Number(seconds) - Date.now() / 1_000);
        expect(at.length, operation).to.be.greaterThan(0);
        for (const left of at) expect(left).to.be.within(59 * day, 62 * day);
      }
    });

    it('writes what a batch left undone again, and gives up after a while', async () => {
      await using world = await setup();
      const { lease } = await grantedOf(world.ledger, requestOf('1'));
      const keys = Array.from({ length: 30 }, (_, n) => String(n).padStart(2, '0'));
      const sizes: number[] = [];
      let faults = 2;
      stand.fault = ({ operation, input }) => {
        if (operation !== 'BatchWriteItem') return undefined;
        const [table, requests] = Object.entries(input.RequestItems as Record<string, unknown[]>)[0] ?? ['', []];
        sizes.push(requests.length);
        faults -= 1;
        return faults < 0 ? undefined : () => ({ UnprocessedItems: { [table]: requests.slice(-5) } });
      };
      await world.ledger.checkpoint(lease, saveOf(1, keys));
      expect(sizes).to.deep.equal([25, 5, 5, 5]);
      expect(world.slept).to.deep.equal([50, 100]);
      expect((await world.ledger.failures('1')).items.map(({ key }) => key)).to.deep.equal(keys);

      faults = Number.POSITIVE_INFINITY;
      const error = await rejectionOf(world.ledger.checkpoint(lease, saveOf(2, ['late'])));
      expect(error).to.be.instanceOf(LedgerError);
      expect(classifyError(error).class).to.equal('transient');
      expect((await world.ledger.run('1'))?.checkpoint?.seq).to.equal(1);
    });

    it('throws what is worth another try when an answer is lost, at any request of a claim, and the claim may be repeated', async () => {
      for (let at = 0; ; at++) {
        await using world = await setup();
        const first = stand.seen.length;
        stand.fault = (_seen, number) => (number === first + at ? 'cut' : undefined);
        const error = await rejectionOf(world.ledger.claim(requestOf('1')));
        if (error === undefined) return expect(at).to.be.greaterThan(5);
        expect(classifyError(error).class).to.equal('transient');
        const claim = await grantedOf(world.ledger, requestOf('1'));
        expect(claim).to.deep.include({ attempt: 1, recovered: false });
        expect((await world.ledger.runs()).length).to.equal(1);
      }
    });

    it('throws what is worth another try when it is throttled, or nobody answers', async () => {
      await using world = await setup();
      stand.fault = () => awsError('ThrottlingException');
      expect(classifyError(await rejectionOf(world.ledger.claim(requestOf('1')))).class).to.equal('throttled');
      await using nobody = new DynamoLedger({ ...world.config, endpoint: 'http://127.0.0.1:1' });
      const error = await rejectionOf(nobody.claim(requestOf('1')));
      expect(error).to.include({ code: 'STINT_STORE_UNREACHABLE' });
      const made = await rejectionOf(createLedgerTable({ ...world.config, endpoint: 'http://127.0.0.1:1' }));
      expect(made).to.include({ code: 'STINT_STORE_UNREACHABLE' });
    });

    it('says how to make the table when there is none', async () => {
      await using world = await setup();
      await using ledger = new DynamoLedger({ ...world.config, table: 'nowhere' });
      const error = (await rejectionOf(ledger.claim(requestOf('1')))) as StintError;
      expect(error).to.be.instanceOf(StintError).and.to.include({ code: 'STINT_LEDGER_NO_TABLE' });
      expect(error.message).to.match(/nowhere.*partition key pk \(string\), sort key sk \(string\).*expiresAt/);
      expect(classifyError(error).class).to.equal('permanent');
    });

    it('refuses an endpoint that is no URL', () => {
      const config = { table: 't', region: 'eu-central-1', endpoint: 'nowhere' };
      expect(() => new DynamoLedger(config)).to.throw(StintError, 'AWS_ENDPOINT_URL');
    });
  });
});
