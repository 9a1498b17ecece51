/** The public surface of the SDK. What is not here is not for jobs, harness or deploy to use. */

export { type Alarms, missedAfterMsOf, type ResolvedAlarms } from './alarms.ts';
export { type Clock, systemClock, type Timer, type TimerOptions } from './clock.ts';
export type { Context, LoopNaming } from './context.ts';
export type { Handler } from './each.ts';
export type { Batch, BatchHandler } from './each-batch.ts';
export type { Effect, EffectDetail, EffectKind, EffectMiddleware } from './effects.ts';
export {
  AccountsError,
  CancelledError,
  DefinitionError,
  DoneAlreadyError,
  DryRunWrite,
  EnvironmentError,
  HttpBodyError,
  HttpError,
  InterruptedError,
  ItemAbandonedError,
  ItemClosedError,
  ItemTimeoutError,
  LeaseLostError,
  LedgerError,
  NotAnErrorThrown,
  PortMissingError,
  type Problem,
  QuarantinedError,
  RefusedError,
  RequestError,
  ResumeMismatchError,
  RunOverError,
  ScopeError,
  SettledTwiceError,
  SlackError,
  SourceError,
  StaleError,
  StintError,
  StoreRefusedError,
  StoreUnreachableError,
  ToleranceExceededError,
  UnknownJobError,
  UnknownRunError,
  UsageError,
} from './errors.ts';
export { exitCodeOfError, exitCodes } from './exit-codes.ts';
export { findJob } from './find-job.ts';
export { type EnvironmentValues, parseEnvironment, parseScope } from './input.ts';
export { type ContextOf, defineJob, type Job, type JobDefinition, type Notify } from './job.ts';
export { type LaunchOptions, launchJob, storesFrom } from './launch.ts';
export type { AttemptRecord } from './ledger/attempts.ts';
export type { AuditEntry, AuditQuery } from './ledger/audit.ts';
export { canonicalJson } from './ledger/canonical-json.ts';
export type {
  Checkpoint,
  Claim,
  ClaimRequest,
  End,
  Exclusive,
  FailedItem,
  FailuresPage,
  FailuresQuery,
  HttpExchange,
  Lease,
  Ledger,
  LedgerOptions,
  LoopState,
  RunRecord,
  RunStatus,
  RunsQuery,
  Save,
  Trigger,
} from './ledger/ledger.ts';
export { MemoryLedger } from './ledger/memory.ts';
export { createDynamoLedgerTable, openDynamoLedger, openLedger } from './ledger/open-ledger.ts';
export { parseRedrive, type Redrive } from './ledger/redrive.ts';
export type { Limits, Tolerance } from './limits.ts';
export type { BatchItem, Item } from './loop/item.ts';
export { type NextTimesOptions, nextTimes } from './next-times.ts';
export type { RetryPolicy } from './pace/retry.ts';
export { type Bar, type BarChartOptions, barChart } from './page/bar-chart.ts';
export { chartStyle } from './page/chart-style.ts';
export {
  type CourseAxis,
  type CourseChartOptions,
  type CourseLine,
  type CoursePoint,
  courseChart,
} from './page/course-chart.ts';
export { type LineChartOptions, lineChart, type Point } from './page/line-chart.ts';
export { type Content, html, Markup } from './page/markup.ts';
export { pageStyle } from './page/style.ts';
export type { Dynamo, DynamoConfig } from './ports/dynamodb.ts';
export type { Http, HttpCall, HttpResponse, RequestOptions } from './ports/http.ts';
export type { Stores } from './ports/open.ts';
export type { Postgres, Queries, QueryResult, Transaction } from './ports/postgres.ts';
export type { PostgresConfig } from './ports/postgres-config.ts';
export type { Markable } from './ports/postgres-done-items.ts';
export { type Random, seededRandom } from './random.ts';
export { type DescribedError, describeError } from './report/describe-error.ts';
export { joinObservers } from './report/join-observers.ts';
export { type Log, type LogDestination, type LogFields, openLog, redactLog, silentLog } from './report/log.ts';
export { logLineText, type Paint, painter, terminalLog } from './report/log-line.ts';
export { type Metrics, type MetricsOptions, type RunReport, reportMetrics, type Tags } from './report/metrics.ts';
export { OwnSecrets } from './report/own-secrets.ts';
export { type PostOptions, postToSlack } from './report/post-to-slack.ts';
export { leftMs, type Progress, type RunObserver, type SavedCheckpoint, type SettledItem } from './report/progress.ts';
export { progressLog } from './report/progress-log.ts';
export { readRunReport, recordOfSummary } from './report/read-run-report.ts';
export { redactForm, redactShapes, redactText, redactTokens } from './report/redact-text.ts';
export { Redaction } from './report/redaction.ts';
export { redriveText } from './report/redrive-text.ts';
export { formatCount, formatCounts, formatMs, formatNumber, formatTime } from './report/run-report/words.ts';
export { type RunReportOptions, runReport, runReportPolicy } from './report/run-report.ts';
export type { RunSeries, SeriesPoint } from './report/run-series.ts';
export { durationsOfRunsLike } from './report/runs-like.ts';
export { isSecretParameter } from './report/secret-names.ts';
export { secretsOf } from './report/secrets-of.ts';
export {
  isToBeTold,
  type SlackFacts,
  type SlackMessage,
  type SlackPlace,
  slackMessage,
  slackRefusal,
} from './report/slack.ts';
export { labelWidth, summaryText } from './report/summary-text.ts';
export type { Span, SpanOptions, SpanTags, Tracer } from './report/tracer.ts';
export { reportTraces, type TraceReport, type TracesOptions } from './report/traces.ts';
export { runJob } from './run.ts';
export type { RunOptions } from './run-options.ts';
export { type Overlap, rateMsOf, type Schedule, type StartRetry, startRetryOf } from './schedule.ts';
export { formatShard, parseShard, resolveShard, type Shard } from './shard.ts';
export { memorySource } from './sources/memory.ts';
export type { RowsOptions } from './sources/postgres.ts';
export type { Cursor, Json, Page, ReadOptions, Segment, Source } from './sources/source.ts';
export { type ProcessSignals, stopOnSignals } from './stop/stop-on-signals.ts';
export { type Summary, summaryJsonSchema, summarySchema } from './summary.ts';
export type { Access, Architecture, ResolvedTask, Tables, Task } from './task.ts';
