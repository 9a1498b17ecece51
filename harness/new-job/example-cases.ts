/**
 * The four cases that a new job starts with: happy, mixed, api-down, nothing-to-do.
 *
 * What a case expects is counted from its records here, so that data and expectation agree for every kind of job.
 * A job without an API has nothing that could be down but its store: there api-down is a store that takes no write.
 */
import { type NewJob, namesOf } from './new-job.ts';

/** What becomes of a record, or why it is not looked at. */
type Fate = 'closes' | 'waits' | 'closed before' | 'unknown' | 'fails once';

interface ExampleRecord {
  readonly number: number;
  readonly tenant: string;
  readonly fate: Fate;
}

interface ExampleCase {
  readonly description: string;
  readonly records: readonly ExampleRecord[];
  readonly isDown?: true;
}

/** The files of all cases by their paths below `fixtures/<job>/`. */
export function exampleCases(job: NewJob): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [name, example] of Object.entries(casesOf(job))) {
    files.set(`${name}/case.json`, toJson(caseFileOf(job, example)));
    const rows = example.records.map((record) => `${JSON.stringify(rowOf(job, example, record))}\n`).join('');
    files.set(`${name}/${job.source}/records.jsonl`, rows);
    if (job.source === 'dynamodb') files.set(`${name}/dynamodb/records.json`, toJson(tableDefinition));
    else files.set(`${name}/postgres/schema.sql`, schemaOf(job, example));
  }
  return files;
}

function casesOf({ source, api }: NewJob): Readonly<Record<string, ExampleCase>> {
  const record = (number: number, fate: Fate, tenant = 't-1'): ExampleRecord => ({ number, tenant, fate });
  const mixed = [record(1, 'closes'), record(2, 'closed before'), record(3, 'waits'), record(4, 'closes', 't-2')];
  const refusal =
    source === 'postgres'
      ? 'a trigger refuses each update'
      : 'the version of each record is text, to which DynamoDB adds nothing';
  return {
    happy: {
      description: `Three open records, all of them ${api ? 'closed at the API' : 'complete'}.`,
      records: [record(1, 'closes'), record(2, 'closes', 't-2'), record(3, 'closes')],
    },
    mixed: api
      ? {
          description: `One or two records of each kind. 3 is open at the API too, 5 is unknown to it, 6 fails first and then works; 2 is closed already and must not be asked about.`,
          records: [...mixed, record(5, 'unknown'), record(6, 'fails once')],
        }
      : {
          description: 'One or two records of each kind. 3 is incomplete; 2 is closed already and must be left alone.',
          records: mixed,
        },
    'api-down': {
      description: api
        ? 'The API answers every request with 503: both records stay open, and the run fails.'
        : `This job calls no API; what is down is its store, which takes no write (${refusal}). Both records stay open, and the run fails.`,
      records: [record(1, 'closes'), record(2, 'closes', 't-2')],
      isDown: true,
    },
    'nothing-to-do': {
      description: `No record is open${api ? ': the API must not be asked at all' : ''}.`,
      records: [record(1, 'closed before'), record(2, 'closed before', 't-2')],
    },
  };
}

function caseFileOf(job: NewJob, example: ExampleCase): object {
  const { variable, fake } = namesOf(job.name);
  const apiKey = 'fixture-key';
  const state = { apiKey, ...(example.isDown && { isDown: true }), records: answersOf(job, example) };
  return {
    description: example.description,
    now: '2026-09-30T06:00:00Z',
    scope: {},
    ...(job.api && {
      secrets: { [`${variable}_KEY`]: apiKey },
      fakes: { [`${variable}_URL`]: { fake, state } },
    }),
    expect: expectationOf(job, example),
  };
}

function expectationOf(job: NewJob, { records, isDown }: ExampleCase): object {
  const count = (...fates: readonly Fate[]) => records.filter(({ fate }) => fates.includes(fate)).length;
  const read = records.length - count('closed before');
  const closed = isDown ? 0 : count('closes', 'fails once');
  const reasons = { [job.api ? 'still open' : 'incomplete']: count('waits'), 'unknown to the API': count('unknown') };
  const skipped = Object.fromEntries(Object.entries(reasons).filter(([, records]) => records > 0));
  return {
    status: isDown ? 'failed' : 'succeeded',
    items: {
      read,
      succeeded: closed,
      skipped: count('waits', 'unknown'),
      failed: isDown ? read : 0,
      quarantined: 0,
      remaining: 0,
    },
    skipped,
    counts: closed === 0 ? {} : { closed },
  };
}

/** What the API says of each record. */
function answersOf(job: NewJob, { records }: ExampleCase): object {
  const known = records.filter(({ fate }) => fate !== 'unknown');
  return Object.fromEntries(
    known.map(({ number, fate }) => [
      idOf(job, number),
      { status: fate === 'waits' ? 'open' : 'closed', ...(fate === 'fails once' && { failures: 1 }) },
    ]),
  );
}

function rowOf(job: NewJob, { isDown }: ExampleCase, { number, tenant, fate }: ExampleRecord): object {
  const status = fate === 'closed before' ? 'closed' : 'open';
  const received = fate === 'waits' ? 1 : 3;
  const progress = job.api ? {} : { expected: 3, received };
  if (job.source === 'postgres') {
    const closedAt = status === 'closed' ? '2026-09-29T05:00:00Z' : null;
    return { id: number, tenant_id: tenant, status, ...progress, closed_at: closedAt };
  }
  const version = isDown && !job.api ? 'one' : 1;
  return { id: idOf(job, number), tenantId: tenant, status, ...progress, version };
}

function idOf({ source }: NewJob, number: number): string {
  return source === 'postgres' ? `${number}` : `r-${number}`;
}

function schemaOf({ api }: NewJob, { isDown }: ExampleCase): string {
  const progress = api ? '' : '\n  expected int not null,\n  received int not null,';
  const table = `create table records (
  id bigint primary key,
  tenant_id text not null,
  status text not null check (status in ('open', 'closed')),${progress}
  closed_at timestamptz
);

create index records_open on records (id) where status = 'open';
`;
  return isDown && !api ? table + refusingTrigger : table;
}

const refusingTrigger = `
create function refuse_update() returns trigger language plpgsql as
$$ begin raise exception 'records take no updates'; end $$;

create trigger records_take_no_updates before update on records for each row execute function refuse_update();
`;

const tableDefinition = {
  TableName: 'records',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
};

const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
