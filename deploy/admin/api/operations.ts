/**
 * Every operation of the API: its route, who may do it, what it takes and gives. The router, the checks and the OpenAPI document are made
 * of this table.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import type { AdminService, Caller, Role } from '../admin-service.ts';
import {
  acceptedSchema,
  auditSchema,
  failureSchema,
  jobSchema,
  pageOf,
  redriveBodySchema,
  resumeBodySchema,
  runSchema,
  runStatuses,
  startBodySchema,
} from '../schemas.ts';

const limit = z.coerce.number().int().min(1).max(100).default(20).describe('at most so many');
const after = z.string().min(1).max(1_000).optional().describe('`next` of the page before');

export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it. */
  readonly path: string;
  readonly summary: string;
  /** Undefined: nobody has to say who they are. */
  readonly role: Role | undefined;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** By status; a name of the document's schemas, or undefined for none of JSON. */
  readonly answers: Readonly<Record<number, string | undefined>>;
  /** Statuses of problems besides those that every operation may have. */
  readonly problems: readonly number[];
}

/** Schemas of answers, by their names in the document. */
export const answerSchemas = {
  Job: jobSchema,
  Jobs: z.strictObject({ items: z.array(jobSchema) }),
  Run: runSchema,
  Runs: pageOf(runSchema),
  Accepted: acceptedSchema,
  Failures: pageOf(failureSchema),
  Audit: pageOf(auditSchema),
  Health: z.strictObject({ status: z.enum(['ok', 'closing', 'no ledger']) }),
} as const;

export const runsQuery = z.strictObject({
  job: z.string().min(1).max(100).optional().describe('only runs of this job'),
  status: z.enum(runStatuses).optional().describe('only runs of this status'),
  after,
  limit,
});
export const failuresQuery = z.strictObject({
  error: z.string().min(1).max(200).optional().describe('only items whose error has this name or code'),
  after,
  limit,
});
export const auditQuery = z.strictObject({ after, limit });

export const operations: readonly Operation[] = [
  get('listJobs', '/admin/jobs', 'All jobs, with their schedules and their last runs', { 200: 'Jobs' }),
  get('getJob', '/admin/jobs/{job}', 'One job', { 200: 'Job' }, [404]),
  get('listRuns', '/admin/runs', 'Runs, the newest first', { 200: 'Runs' }, [404], runsQuery),
  get('getRun', '/admin/runs/{run}', 'One run', { 200: 'Run' }, [404]),
  get('listFailures', '/admin/runs/{run}/failures', 'Failed items of a run', { 200: 'Failures' }, [404], failuresQuery),
  get(
    'watchRun',
    '/admin/runs/{run}/events',
    'How far a run is, as server-sent events: `progress` with the run whenever it has moved, and `end`',
    { 200: undefined, 204: undefined },
    [404],
  ),
  {
    ...get('listAudit', '/admin/audit', 'Who did what, the newest first', { 200: 'Audit' }, [], auditQuery),
    role: 'admin',
  },
  {
    ...post(
      'startRun',
      '/admin/{job}',
      'Starts a run, or goes on with the unfinished one of the same scope. Answers when it has ended; `Prefer: respond-async` at once, `wait=N` after N seconds at the latest',
      { 200: 'Summary', 202: 'Accepted' },
      [404, 409],
    ),
    body: startBodySchema,
  },
  {
    ...post(
      'resumeRun',
      '/admin/runs/{run}/resume',
      'Goes on with an interrupted run',
      { 200: 'Summary', 202: 'Accepted' },
      [404, 409],
    ),
    body: resumeBodySchema,
  },
  {
    ...post(
      'redriveRun',
      '/admin/runs/{run}/redrive',
      'Works failed items of a run again',
      { 200: 'Summary', 202: 'Accepted' },
      [404, 409],
    ),
    body: redriveBodySchema,
  },
  post('cancelRun', '/admin/runs/{run}/cancel', 'Asks for the end of a run, for good', { 202: 'Run' }, [404, 409]),
  open('getOpenapi', '/admin/openapi.json', 'This document', { 200: undefined }),
  open('getHealth', '/healthz', 'Whether the process lives', { 200: 'Health' }),
  open('getReadiness', '/readyz', 'Whether it can work: the ledger answers, and it is not being stopped', {
    200: 'Health',
    503: 'Health',
  }),
];

function get(
  id: string,
  path: string,
  summary: string,
  answers: Operation['answers'],
  problems: readonly number[] = [],
  query?: z.ZodObject,
): Operation {
  return {
    id,
    method: 'get',
    path,
    summary,
    role: 'read',
    answers,
    problems: query === undefined ? problems : [400, 422, ...problems],
    ...(query === undefined ? {} : { query }),
  };
}

function post(
  id: string,
  path: string,
  summary: string,
  answers: Operation['answers'],
  problems: readonly number[],
): Operation {
  return {
    id,
    method: 'post',
    path,
    summary,
    role: 'trigger',
    answers,
    problems: [400, 413, 415, 422, 429, 502, 503, ...problems],
  };
}

function open(id: string, path: string, summary: string, answers: Operation['answers']): Operation {
  return { id, method: 'get', path, summary, role: undefined, answers, problems: [] };
}

/** What a handler is called with. */
export interface Call {
  readonly ctx: Context;
  readonly service: AdminService;
  /** Who asks; for operations that are open: nobody. */
  readonly caller: Caller;
}
