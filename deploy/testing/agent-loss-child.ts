/** A process that sends what TEST_SENDS names, as soon as it may, and ends as a task does. */
import { openLog } from '@stint/sdk';
import { openTelemetry } from '../datadog.ts';
import { environment } from '../environment.ts';
import { endTask, exitWith } from '../task-end.ts';

const log = openLog(process.stdout);
const { TEST_SENDS = '' } = environment;
const telemetry = await openTelemetry(environment, log);
const { metrics, tracer } = telemetry;
if (TEST_SENDS.includes('metrics')) metrics?.count('stint.items', 1, { job: 'a-job' });
if (TEST_SENDS.includes('traces'))
  tracer?.startSpan('stint.run', { tags: {}, startTimeMs: Date.now() }).end(Date.now());
log.info('ends');
await endTask({ ...telemetry, stdout: process.stdout, exitGraceMs: 0, log });
exitWith(3);
