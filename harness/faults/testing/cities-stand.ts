/**
 * publish-cities. It calls no service: the database tells of each publication that is recorded. A city that is worked
 * again after that is left as it is, which only the summary tells ('unchanged').
 */
import { readTable } from './read-table.ts';
import { openBase, type Stand, toLines } from './stand.ts';
import { Works } from './works.ts';

const schema = `
  create table cities (
    id bigint primary key,
    name text not null,
    alt_name text not null,
    country text not null,
    feature_code text not null,
    admin_code text not null,
    population bigint not null,
    longitude float8 not null,
    latitude float8 not null
  );
  create table city_publications (
    city_id bigint primary key references cities (id),
    hash text not null,
    published_at timestamptz not null
  );
  create function tell() returns trigger language plpgsql as $$
  begin
    perform pg_notify('published', new.city_id::text);
    return new;
  end $$;
  create trigger tell after insert or update on city_publications for each row execute function tell();`;
const table = {
  TableName: 'cities',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
};

export async function openCities({ items }: { items: number }): Promise<Stand> {
  const rows = Array.from({ length: items }, (_, index) => ({
    id: index + 1,
    name: `City ${index + 1}`,
    alt_name: '',
    country: 'DE',
    feature_code: 'PPL',
    admin_code: '01',
    population: 1_000 + index,
    longitude: index / 100,
    latitude: 50,
  }));
  const base = await openBase(
    {
      'postgres/schema.sql': schema,
      'postgres/cities.jsonl': toLines(rows),
      'dynamodb/cities.json': JSON.stringify(table),
    },
    {},
    new Works(),
  );
  base.client.on('notification', ({ payload = '' }) => base.works.note(payload));
  await base.client.query('listen published');
  return {
    ...base,
    job: 'publish-cities',
    items,
    groupSize: 25,
    segments: 1,
    async findUndone() {
      const recorded = await base.sql<{ city_id: string }>('select city_id from city_publications');
      const published = new Map(
        (await readTable<{ id: number; population: number }>(base.fork, 'cities')).map((city) => [city.id, city]),
      );
      const isRecorded = new Set(recorded.map(({ city_id }) => Number(city_id)));
      return rows
        .filter(({ id, population }) => !isRecorded.has(id) || published.get(id)?.population !== population)
        .map(({ id }) => `${id}`);
    },
  };
}
