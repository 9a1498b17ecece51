/** Writes that happen all together or not at all. */
import { createHash } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { StintError } from '../errors.ts';
import type { DynamoClient } from './dynamodb-client.ts';
import { type Condition, type DynamoKey, toAttributes, toCondition } from './dynamodb-expressions.ts';

/** One write of a transaction, or (`check`) a condition that has to hold for the others. */
export type TransactionWrite =
  | { readonly put: { readonly table: string; readonly item: object } & Condition }
  | { readonly update: { readonly table: string; readonly key: DynamoKey; readonly update: string } & Condition }
  | { readonly delete: { readonly table: string; readonly key: DynamoKey } & Condition }
  | { readonly check: { readonly table: string; readonly key: DynamoKey; readonly condition: string } & Condition };

export interface TransactionOptions {
  /**
   * Within ten minutes, a transaction of the same token is applied once, however often it is sent, e.g.
   * `item.idempotencyKey`. Two transactions of one item need two tokens. @default a new one for each call
   */
  readonly token?: string;
}

export interface TransactionResult {
  /** False: a condition did not hold, and nothing was written. */
  readonly applied: boolean;
  /** Positions of the writes whose condition did not hold. */
  readonly failed: readonly number[];
}

const mostWrites = 100;
const tokenLength = 36;

export async function transactWrite(
  client: DynamoClient,
  writes: readonly TransactionWrite[],
  { token }: TransactionOptions,
): Promise<TransactionResult> {
  if (writes.length === 0 || writes.length > mostWrites) {
    throw new StintError(
      'STINT_DYNAMODB_BATCH_TOO_BIG',
      `expected 1 to ${mostWrites} writes in a transaction of DynamoDB, got ${writes.length}`,
    );
  }
  const input: TransactWriteCommandInput = {
    TransactItems: writes.map((write) => toTransactItem(client, write)),
    ...(token === undefined
      ? {}
      : { ClientRequestToken: createHash('sha256').update(token).digest('base64url').slice(0, tokenLength) }),
  };
  const table = [...new Set(writes.map(tableOf))].join(',');
  try {
    await client.perform({ operation: 'TransactWriteItems', table, input: () => input }, ({ document, options }) =>
      document.send(new TransactWriteCommand(input), options),
    );
    return { applied: true, failed: [] };
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const failed = (error.CancellationReasons ?? []).flatMap(({ Code }, index) =>
      Code === 'ConditionalCheckFailed' ? [index] : [],
    );
    if (failed.length === 0) throw error;
    return { applied: false, failed };
  }
}

function tableOf(write: TransactionWrite): string {
  if ('put' in write) return write.put.table;
  if ('update' in write) return write.update.table;
  return 'delete' in write ? write.delete.table : write.check.table;
}

function toTransactItem(
  client: DynamoClient,
  write: TransactionWrite,
): NonNullable<TransactWriteCommandInput['TransactItems']>[number] {
  const TableName = client.nameOf(tableOf(write));
  if ('put' in write) return { Put: { TableName, Item: toAttributes(write.put.item), ...toCondition(write.put) } };
  if ('update' in write) {
    const { key, update } = write.update;
    return { Update: { TableName, Key: toAttributes(key), UpdateExpression: update, ...toCondition(write.update) } };
  }
  if ('delete' in write)
    return { Delete: { TableName, Key: toAttributes(write.delete.key), ...toCondition(write.delete) } };
  const { key, condition } = write.check;
  return {
    ConditionCheck: { TableName, Key: toAttributes(key), ...toCondition(write.check), ConditionExpression: condition },
  };
}
