/**
 * publish-cities: publishes the cities of the world to the table that search reads.
 *
 * Why: cities are kept in Postgres, and read from the DynamoDB table `cities`. Few change from day to day, so each
 * carries the hash of what was published last, and only those whose hash differs are written.
 *
 *   reads    all cities, with the hash of their last publication, in order of id
 *   writes   changed cities to DynamoDB, 25 at once, and then their hashes to `city_publications`
 *
 * What becomes of a city:
 *
 *   its hash               here                                       in the summary
 *   is the published one   stays as it is                             skipped 'unchanged'
 *   differs, or is new     is put, whole, and its hash recorded       succeeded, counts.published
 *   gone since it was read taken out of the table again               skipped 'gone by now'
 *
 * A city that DynamoDB did not take (throttled) is tried again with the next attempt of its group.
 * The hash is recorded after the write: a run that was cut off in between puts the same city once more, no harm done.
 *
 * This is the volume job: 135,233 cities; a second run skips them all.
 *
 * Scope: `country` for the cities of one country (ISO 3166, two letters).
 */
import { type BatchItem, type Context, defineJob } from '@stint/sdk';
import { z } from 'zod';

interface City {
  readonly id: string;
  readonly name: string;
  readonly alt_name: string;
  readonly country: string;
  readonly feature_code: string;
  readonly admin_code: string;
  readonly population: string;
  readonly longitude: number;
  readonly latitude: number;
  /** Of all the columns above, as they are now. */
  readonly hash: string;
  /** Of them as they were published; null: never. */
  readonly published_hash: string | null;
}

const citiesWithHashes = `
  select cities.*, publications.hash as published_hash,
         md5(jsonb_build_array(name, alt_name, country, feature_code, admin_code, population, longitude, latitude)::text) as hash
    from cities
    left join city_publications as publications on publications.city_id = cities.id
   where $1::text is null or country = $1`;

const recordHashes = `
  insert into city_publications (city_id, hash, published_at)
  select cities.id, published.hash, now()
    from unnest($1::bigint[], $2::text[]) as published (city_id, hash)
    join cities on cities.id = published.city_id
      on conflict (city_id) do update set hash = excluded.hash, published_at = excluded.published_at
  returning city_id`;

export default defineJob({
  name: 'publish-cities',
  summary: 'Publishes changed cities from Postgres to the DynamoDB table that search reads.',
  scope: z.object({
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional()
      .describe('Only cities of this country, e.g. DE'),
  }),
  secrets: ['DATABASE_URL'],
  tables: { cities: 'write' },
  schedule: { rate: '1 day', overlap: 'skip' },
  limits: { concurrency: 8, itemTimeoutMs: 20_000 },

  async run(ctx) {
    const cities = ctx.postgres.rows<City>({ sql: citiesWithHashes, values: [ctx.scope.country ?? null], key: ['id'] });

    await ctx.eachBatch(cities, (group) => publish(ctx, group), { size: 25 });
  },
});

async function publish(ctx: Pick<Context, 'dynamo' | 'postgres'>, group: readonly BatchItem<City>[]): Promise<void> {
  const changed = group.filter(({ value }) => value.hash !== value.published_hash);
  for (const item of group) if (!changed.includes(item)) item.skip('unchanged');
  if (changed.length === 0) return;

  const records = new Map(changed.map((item) => [toRecord(item.value), item]));
  const { unprocessedPut } = await ctx.dynamo.batchWrite('cities', { put: [...records.keys()] });
  for (const record of unprocessedPut) records.get(record)?.retry('not processed');

  const put = [...records].filter(([record]) => !unprocessedPut.includes(record)).map(([, item]) => item);
  const { rows } = await ctx.postgres.query<{ city_id: string }>(recordHashes, [
    put.map(({ value }) => value.id),
    put.map(({ value }) => value.hash),
  ]);
  const published = new Set(rows.map(({ city_id }) => city_id));
  for (const item of put) if (published.has(item.value.id)) item.count('published');
  await takeBack(
    ctx,
    put.filter(({ value }) => !published.has(value.id)),
  );
}

/** Cities that were deleted between read and write: they must not stay where search finds them. */
async function takeBack(ctx: Pick<Context, 'dynamo'>, gone: readonly BatchItem<City>[]): Promise<void> {
  if (gone.length === 0) return;
  const keys = gone.map(({ value }) => ({ id: Number(value.id) }));
  const { unprocessedDelete } = await ctx.dynamo.batchWrite('cities', { delete: keys });
  for (const item of gone) {
    if (unprocessedDelete.some(({ id }) => id === Number(item.value.id))) item.retry('not processed');
    else item.skip('gone by now');
  }
}

function toRecord(city: City) {
  return {
    id: Number(city.id),
    name: city.name,
    altName: city.alt_name,
    country: city.country,
    featureCode: city.feature_code,
    adminCode: city.admin_code,
    population: Number(city.population),
    location: { longitude: city.longitude, latitude: city.latitude },
  };
}
