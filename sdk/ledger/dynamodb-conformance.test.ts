import { after, before, describe } from 'mocha';
import { type Clock, systemClock } from '../clock.ts';
import { credentials, DynamoStand } from '../testing/dynamo-stand.ts';
import { createLedgerTable, DynamoLedger } from './dynamodb.ts';
import { ItemLedger } from './item-ledger.ts';
import { describeLedger, type LedgerStand } from './testing/conformance.ts';
import { DynamoLocal, hasJava } from './testing/dynamodb-local.ts';
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

let tables = 0;

async function openStand(endpoint: string): Promise<LedgerStand> {
  tables += 1;
  const config = { table: `ledger-${tables}`, region: 'eu-central-1', endpoint, credentials };
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

describe('on dynalite', () => {
  let stand: DynamoStand;
  before(async () => {
    stand = await DynamoStand.start();
  });
  after(() => stand.stop());
  describeLedger('dynamodb', () => openStand(stand.endpoint));
});

describe('on DynamoDB Local', () => {
  let local: DynamoLocal | undefined;
  before(async function () {
    this.timeout(120_000);
    if (!hasJava()) {
      console.log('DynamoDB Local: not run (no java)');
      this.skip();
    }
    local = await DynamoLocal.start();
  });
  after(() => local?.[Symbol.asyncDispose]());
  describeLedger('dynamodb', () => openStand(local?.endpoint ?? ''));
});
