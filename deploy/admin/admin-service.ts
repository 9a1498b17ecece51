/** What the admin can do, for its API and its pages alike: both are thin over this. */
import type {
  AuditView,
  FailureView,
  JobView,
  RedriveBody,
  ResumeBody,
  RunEvent,
  RunView,
  StartBody,
} from './schemas.ts';

/** Whoever asks. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
}

/** Each may what those before it may: look; start, resume, redrive and cancel; see who did what. */
export const roles = ['read', 'trigger', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface ListPage<TItem> {
  readonly items: readonly TItem[];
  /** Where the next page begins; null: there is none. */
  readonly next: string | null;
}

export interface RunsFilter {
  readonly job?: string | undefined;
  readonly status?: RunView['status'] | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** A run that was started. */
export interface Started {
  readonly runId: string;
  /** What names its task; undefined: it goes on in this process. */
  readonly task: string | undefined;
  /**
   * Resolves with the run when it has ended; of one in a task of its own, as the ledger tells. Rejects with an AdminError 502 or 503
   * when that cannot be known; that need not be handled.
   */
  readonly ended: Promise<RunView>;
}

/** Throws AdminError for what is refused, with the status that an HTTP answer has. */
export interface AdminService {
  jobs(): Promise<readonly JobView[]>;
  job(name: string): Promise<JobView>;
  runs(filter: RunsFilter): Promise<ListPage<RunView>>;
  run(runId: string): Promise<RunView>;
  failures(
    runId: string,
    query: {
      readonly error?: string | undefined;
      readonly after?: string | undefined;
      readonly limit?: number | undefined;
    },
  ): Promise<ListPage<FailureView>>;
  /** The report of a run, a whole HTML document. */
  report(runId: string): Promise<string>;
  audit(query: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<ListPage<AuditView>>;
  start(job: string, body: StartBody, by: Caller): Promise<Started>;
  resume(runId: string, body: ResumeBody, by: Caller): Promise<Started>;
  redrive(runId: string, body: RedriveBody, by: Caller): Promise<Started>;
  cancel(runId: string, by: Caller): Promise<RunView>;
  /** Events of a run until it ends, from after the one with this id. @param lastEventId @default from now */
  watch(
    runId: string,
    options: { readonly lastEventId?: string | undefined; readonly signal: AbortSignal },
  ): AsyncIterable<RunEvent>;
}
