/**
 * Starts PostgreSQL on a slot's data folder, and makes the folder anew when it cannot be used.
 *
 * Guarantees: a kept folder that does not fit or does not start is set aside as `postgres-set-aside` (one, the
 * latest), never deleted, and is put back when a new one does not start either: then the folder was not to blame.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { type Cluster, type ClusterPlace, makeCluster, openCluster, removeImage } from './postgres-cluster.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { StackError } from './stack-error.ts';

export interface ClusterStart extends ClusterPlace {
  /** The data folder, inside the slot. */
  readonly directory: string;
  readonly logFile: string;
  readonly onStatus: (line: string) => void;
}

export async function startOnCluster(options: ClusterStart): Promise<PostgresServer> {
  const { directory, binaries, onStatus } = options;
  const found = openCluster(directory, binaries.major);
  if (found === undefined) return startFresh(options);
  if (typeof found === 'string') return startAnew(options, found);
  try {
    return await startServer(options, found);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    onStatus(error.message);
    return startAnew(options, 'does not start');
  }
}

/** On a folder made from the image; and if that fails, once more with a new image. */
async function startFresh(options: ClusterStart): Promise<PostgresServer> {
  try {
    return await startServer(options, await makeCluster(options.directory, options));
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    options.onStatus('PostgreSQL did not start on a copy of the image; making the image anew');
    removeImage(options);
    return startServer(options, await makeCluster(options.directory, options));
  }
}

async function startAnew(options: ClusterStart, reason: string): Promise<PostgresServer> {
  const { directory, onStatus } = options;
  const aside = `${directory}-set-aside`;
  rmSync(aside, { recursive: true, force: true });
  renameSync(directory, aside);
  onStatus(`the data in ${directory} ${reason}; it is set aside in ${aside} and made anew`);
  try {
    return await startFresh(options);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    if (existsSync(aside)) renameSync(aside, directory);
    throw error;
  }
}

function startServer(options: ClusterStart, cluster: Cluster): Promise<PostgresServer> {
  return startPostgres({ ...options, postgres: options.binaries.postgres, cluster });
}

function isCorrupt(error: unknown): error is StackError {
  return error instanceof StackError && error.code === 'STINT_STACK_START';
}
