/** The part of dynalite (CommonJS, without types of its own) that the stack uses. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    /** Folder of the LevelDB store. @default in memory */
    readonly path?: string;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }

  export default function dynalite(options: DynaliteOptions): Server;
}

declare module 'dynalite/db/index.js' {
  import type { Readable } from 'node:stream';
  import type { DynaliteOptions } from 'dynalite';

  export interface KeyRange {
    readonly gte: string;
    readonly lt: string;
  }

  export interface Table {
    readonly TableStatus: string;
    readonly GlobalSecondaryIndexes?: readonly object[];
  }

  export interface Store {
    readonly db: {
      clear(range: KeyRange): Promise<void>;
      keys(range: KeyRange): AsyncIterable<string>;
    };
    readonly tableDb: {
      createKeyStream(): Readable;
      put(name: string, table: Table, callback: (error?: unknown) => void): void;
    };
    deleteItemDb(name: string, callback: (error?: unknown) => void): void;
    deleteIndexDb(type: string, table: string, index: string, callback: (error?: unknown) => void): void;
    deleteTagDb(name: string, callback: (error?: unknown) => void): void;
  }

  const db: { create(options: DynaliteOptions): Store };
  export default db;
}
