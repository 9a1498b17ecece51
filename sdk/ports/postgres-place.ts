/** Where a database is and how it is reached, as errors may tell: no user, no password. */
import pg from 'pg';
import { isRdsHost, regionOf } from './postgres-tls.ts';

export interface PostgresPlace {
  /** Host, port and database. */
  readonly where: string;
  readonly database: string;
  readonly isRds: boolean;
  /** Of a host of RDS, when its name has one. */
  readonly region: string | undefined;
  /** Logs in with tokens of IAM. */
  readonly byTokens: boolean;
}

export function placeOf(config: pg.ClientConfig): PostgresPlace {
  const { host, port, database = '' } = new pg.Client(config);
  return {
    where: `${host}:${port}/${database}`,
    database,
    isRds: isRdsHost(host),
    region: regionOf(host),
    byTokens: typeof config.password === 'function',
  };
}
