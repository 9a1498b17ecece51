/**
 * What a task may do in the account: its job's own tables, and the ledger.
 *
 * The actions are those that Stint calls (`sdk/ports/dynamodb*.ts`, `sdk/sources/dynamodb*.ts`, `sdk/ledger/dynamodb*.ts`); a test
 * keeps them together.
 */
import type { Access, Job, Tables } from '@stint/sdk';
import { arn, type Resource } from './cloudformation.ts';
import { ledgerPlaceOf } from './ledger-place.ts';
import { clusterName } from './names.ts';
import { type Plan, tagsOf } from './plan.ts';
import { role, type Statement } from './role.ts';

const reading = ['BatchGetItem', 'DescribeTable', 'GetItem', 'Query', 'Scan'];
// A transaction of writes is allowed by what it is made of.
const writing = ['BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'PutItem', 'UpdateItem'];
export const tableActions: Readonly<Record<Access, readonly string[]>> = {
  read: reading,
  write: [...reading, ...writing],
};
export const ledgerActions: readonly string[] = ['BatchWriteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'];

export type RoleOwner = Pick<Job, 'name' | 'tables' | 'secrets'>;

/** `owner`: a job, or the admin, which has neither tables nor secrets. */
export function taskRole(plan: Plan, owner: RoleOwner, more: readonly Statement[] = []): Resource {
  return role({
    service: 'ecs-tasks.amazonaws.com',
    ownAccountOnly: true,
    statements: [...mayUse(plan, owner.tables), ...mayKeepLedger(plan), ...mayLogIn(plan, owner), ...more],
    tags: tagsOf(plan, owner.name),
  });
}

function mayUse({ settings }: Plan, tables: Tables): readonly Statement[] {
  const { STINT_TABLE_PREFIX: prefix = '' } = settings.env;
  return Object.entries(tables).map(([name, access]) => ({
    actions: tableActions[access].map((action) => `dynamodb:${action}`),
    resources: [arn('dynamodb', `table/${prefix}${name}`), arn('dynamodb', `table/${prefix}${name}/index/*`)],
  }));
}

function mayKeepLedger({ settings, place }: Plan): readonly Statement[] {
  const ledger = ledgerPlaceOf(settings);
  if (ledger?.kind !== 'dynamodb') return [];
  return [
    {
      actions: ledgerActions.map((action) => `dynamodb:${action}`),
      resources: [arn('dynamodb', `table/${ledger.table}`)],
    },
    mayDescribeTasks(clusterName(place)),
  ];
}

/** Whether who holds a lease is gone, and why a task has ended. */
export function mayDescribeTasks(cluster: string): Statement {
  return { actions: ['ecs:DescribeTasks'], resources: [arn('ecs', `task/${cluster}/*`)] };
}

function mayLogIn({ settings }: Plan, { secrets }: RoleOwner): readonly Statement[] {
  const { databaseUser } = settings;
  const isUsed = secrets.includes('DATABASE_URL') || ledgerPlaceOf(settings)?.kind === 'postgres';
  return databaseUser === undefined || !isUsed ? [] : [{ actions: ['rds-db:connect'], resources: [databaseUser] }];
}
