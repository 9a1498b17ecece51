/** A process that sends two spans, a count and distributions, and tells what its log lines would hold. */
import { openLog } from '@stint/sdk';
import { Pool } from 'pg';
import { request } from 'undici';
import { openTelemetry } from '../datadog.ts';
import { environment } from '../environment.ts';

const log = openLog(process.stdout);
const { metrics, tracer } = await openTelemetry(environment, log);
const run = tracer?.startSpan('stint.run', {
  tags: { 'stint.run.id': 'run-1', 'stint.job': 'a-job' },
  startTimeMs: Date.now() - 1_000,
});
const item = tracer?.startSpan('stint.item', { parent: run, startTimeMs: Date.now(), tags: { outcome: 'failed' } });
item?.setError({ name: 'HttpError', code: 'STINT_HTTP_500', message: 'it answered 500' });
// Neither of these must have spans of its own.
await request(environment.TEST_URL ?? '').then(({ body }) => body.dump());
await fetch(environment.TEST_URL ?? '').then((answer) => answer.arrayBuffer());
const pool = new Pool({ connectionString: environment.TEST_DATABASE_URL });
await pool.query('select 1');
await pool.end();
item?.setTag('attempts', 3);
item?.end(Date.now());
run?.end(Date.now());
for (let index = 0; index < 2_500; index++) metrics?.distribution('stint.item.duration', index % 10, { job: 'a-job' });
for (let index = 0; index < 7; index++) metrics?.count('stint.items', 1, { job: 'a-job', target: 'a,b|c\nd' });
log.info('logged', run?.logFields);
await metrics?.flush();
await tracer?.flush();
log.info('flushed', { on: tracer !== undefined });
