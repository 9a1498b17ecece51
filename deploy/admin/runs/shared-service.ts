/**
 * The admin's service for many at a time: reads of the same within a quarter of a second share one look at the ledger.
 *
 * Guarantees: whoever changed something here sees it, and so do all who ask later; the end of a run that was started here, or told to a
 * watcher, is seen by all who ask after that. What another process changed is seen a quarter of a second later at most.
 * What is given is shared: it is not to be changed.
 */
import type { AdminService, Caller, ListPage, RunsFilter, Started } from '../admin-service.ts';
import type {
  AuditView,
  FailureView,
  JobView,
  RedriveBody,
  ResumeBody,
  RunEvent,
  RunView,
  StartBody,
} from '../schemas.ts';
import { SharedLooks, type SharedLooksOptions } from './shared-looks.ts';

const keepMs = 250;

type FailuresFilter = Parameters<AdminService['failures']>[1];
type AuditFilter = Parameters<AdminService['audit']>[0];

export class SharedService implements AdminService {
  readonly #service: AdminService;
  readonly #looks: SharedLooks;
  #lastEnd: RunEvent | undefined;

  constructor(service: AdminService, options: Partial<SharedLooksOptions> = {}) {
    this.#service = service;
    this.#looks = new SharedLooks({ keepMs, ...options });
  }

  jobs(): Promise<readonly JobView[]> {
    return this.#share(['jobs'], () => this.#service.jobs());
  }

  job(name: string): Promise<JobView> {
    return this.#share(['job', name], () => this.#service.job(name));
  }

  runs(filter: RunsFilter): Promise<ListPage<RunView>> {
    const { job, status, after, limit } = filter;
    return this.#share(['runs', job, status, after, limit], () => this.#service.runs(filter));
  }

  run(runId: string): Promise<RunView> {
    return this.#share(['run', runId], () => this.#service.run(runId));
  }

  report(runId: string): Promise<string> {
    return this.#share(['report', runId], () => this.#service.report(runId));
  }

  failures(runId: string, filter: FailuresFilter): Promise<ListPage<FailureView>> {
    const { error, after, limit } = filter;
    return this.#share(['failures', runId, error, after, limit], () => this.#service.failures(runId, filter));
  }

  /** Each time anew: it is for few, and what it tells is what somebody just did. */
  audit(filter: AuditFilter): Promise<ListPage<AuditView>> {
    return this.#service.audit(filter);
  }

  start(job: string, body: StartBody, by: Caller): Promise<Started> {
    return this.#start(() => this.#service.start(job, body, by));
  }

  resume(runId: string, body: ResumeBody, by: Caller): Promise<Started> {
    return this.#start(() => this.#service.resume(runId, body, by));
  }

  redrive(runId: string, body: RedriveBody, by: Caller): Promise<Started> {
    return this.#start(() => this.#service.redrive(runId, body, by));
  }

  cancel(runId: string, by: Caller): Promise<RunView> {
    return this.#change(() => this.#service.cancel(runId, by));
  }

  async *watch(runId: string, options: Parameters<AdminService['watch']>[1]): AsyncGenerator<RunEvent, void> {
    for await (const event of this.#service.watch(runId, options)) {
      // One event is told to many.
      if (event.event === 'end' && event !== this.#lastEnd) {
        this.#lastEnd = event;
        this.#looks.forget();
      }
      yield event;
    }
  }

  #share<TSeen>(what: readonly (string | number | undefined)[], look: () => Promise<TSeen>): Promise<TSeen> {
    return this.#looks.take(JSON.stringify(what), look);
  }

  async #start(start: () => Promise<Started>): Promise<Started> {
    const { runId, task, ended } = await this.#change(start);
    const isSeen = this.#change(() => ended);
    // Not everybody who starts a run waits for its end.
    isSeen.catch(() => undefined);
    return { runId, task, ended: isSeen };
  }

  /** Whether it succeeds or not: something of it may have been done. */
  async #change<TResult>(change: () => Promise<TResult>): Promise<TResult> {
    try {
      return await change();
    } finally {
      this.#looks.forget();
    }
  }
}
