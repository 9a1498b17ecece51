import { after, before, describe } from 'mocha';
import { testStack } from '../../harness/testing/test-stack.ts';
import { type Clock, systemClock } from '../clock.ts';
import { DynamoStand } from '../testing/dynamo-stand.ts';
import { createLedgerTable, DynamoLedger } from './dynamodb.ts';
import type { DynamoStoreConfig } from './dynamodb-store.ts';
import { ItemLedger } from './item-ledger.ts';
import { describeLedger, type LedgerStand } from './testing/conformance.ts';
import { DynamoLocal, whyNoLocal } from './testing/dynamodb-local.ts';
import { MemoryItems } from './testing/memory-items.ts';

/** A clock that can be put forward. */
function movableClock(): { readonly clock: Clock; readonly pass: (ms: number) => Promise<void> } {
  let aheadMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  return {
    clock,
    pass: async (ms) => {
      aheadMs += ms;
    },
  };
}

async function openStand(config: DynamoStoreConfig): Promise<LedgerStand> {
  await createLedgerTable(config);
  const { clock, pass } = movableClock();
  const stack = new AsyncDisposableStack();
  return {
    open: async (options) => stack.use(new DynamoLedger({ ...config, clock, ...options })),
    pass,
    removesByItself: true,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

describeLedger('items in memory', async () => {
  const items = new MemoryItems();
  const { clock, pass } = movableClock();
  return {
    open: async (options) => new ItemLedger(items, { clock, ...options }),
    pass,
    removesByItself: true,
    async [Symbol.asyncDispose]() {},
  };
});

describe("on the stack's store", () => {
  let stand: DynamoStand;
  before(async () => {
    stand = await DynamoStand.start();
  });
  after(() => stand.stop());
  describeLedger('dynamodb', () => openStand({ ...stand.config, table: `${stand.reset()}ledger` }));
});

describe('on DynamoDB Local', () => {
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
  describeLedger('dynamodb', () => {
    const { endpoint, region, credentials } = local!;
    tables += 1;
    return openStand({ endpoint, region, credentials, table: `ledger-${tables}` });
  });
});
