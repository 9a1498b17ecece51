/**
 * What a test or a local run stands on: one PostgreSQL server and one DynamoDB endpoint.
 *
 * Guarantees: forks never see each other's data; what a fork made is gone when it is disposed; after the disposal of
 * a stack none of its servers runs. Does not guarantee: that two stacks see the same data, or that data outlives a
 * stack that was not started with `keep`.
 */

/** Where DynamoDB is served, and the keys that its client needs. */
export interface DynamoEndpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type StackKind = 'embedded' | 'containers' | 'external';

/** The running stores. Dispose it to end them; a stack that was attached to only drops its own forks. */
export interface Stack extends AsyncDisposable {
  readonly kind: StackKind;
  /** URL of the server's maintenance database (`postgres`), a superuser. */
  readonly postgresUrl: string;
  readonly dynamodb: DynamoEndpoint;
  /**
   * A private copy: own Postgres database (from a template when one is named), own DynamoDB table prefix. Dropped on
   * dispose.
   *
   * @throws StackError `STINT_STACK_NO_TEMPLATE`, `STINT_STACK_UNREACHABLE`, `STINT_STACK_DISPOSED`
   */
  fork(options?: ForkOptions): Promise<Fork>;
}

export interface ForkOptions {
  /** Template to copy, made with `prepareTemplate`. @default none: an empty database */
  readonly template?: string;
  /** Shows in the database's name, for whoever looks at the server. @default 'fork' */
  readonly name?: string;
}

/** One private database and one private table prefix. */
export interface Fork extends AsyncDisposable {
  readonly postgresUrl: string;
  readonly database: string;
  /** Begin every table's name with it: only those tables are deleted on dispose. */
  readonly tablePrefix: string;
  readonly dynamodb: DynamoEndpoint;
}
