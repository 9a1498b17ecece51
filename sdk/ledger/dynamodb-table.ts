/** The ledger's table. It is infrastructure, made by a deployment; only local stores have it made by `createLedgerTable`. */
import type { CreateTableCommandInput, UpdateTimeToLiveCommandInput } from '@aws-sdk/client-dynamodb';
import { StintError } from '../errors.ts';

/** What `CreateTable` and `UpdateTimeToLive` are to be given. */
export interface LedgerTableDefinition {
  readonly table: CreateTableCommandInput;
  readonly timeToLive: UpdateTimeToLiveCommandInput;
}

export function ledgerTableDefinition(tableName: string): LedgerTableDefinition {
  return {
    table: {
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    },
    timeToLive: {
      TableName: tableName,
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    },
  };
}

export function explainTable(table: string, where: string, cause: Error): StintError {
  return new StintError(
    'STINT_LEDGER_NO_TABLE',
    `expected DynamoDB at ${where} to have the ledger's table ${table}, but it has not; create it with partition key pk ` +
      '(string), sort key sk (string), on-demand capacity and time to live on the attribute expiresAt, ' +
      'or check its name and AWS_REGION',
    { cause },
  );
}
