/**
 * The API of example-job: `GET /records/{id}` tells whether a record is open or closed.
 *
 * Plays open and closed records, unknown ones (404), answers that fail first (500, a number of times), an API that is
 * down (503) and wrong keys (401). It never changes a status by itself; a test does, through the live state.
 */
import { HttpResponse, http } from 'msw';
import { z } from 'zod';
import { defineFake } from '../../fakes/fake.ts';
import { problem } from '../../fakes/problem.ts';

const recordState = z.strictObject({
  status: z.enum(['open', 'closed']),
  /** How many times it is answered with 500 first: the fake counts down here. */
  failures: z.int().nonnegative().default(0),
});

const exampleApiState = z.strictObject({
  /** Expected as `Authorization: Bearer <apiKey>`. */
  apiKey: z.string().min(1),
  /** Every request is answered with 503. */
  isDown: z.boolean().default(false),
  /** By id; any other record is unknown. */
  records: z.record(z.string(), recordState),
});

export const exampleApi = defineFake({
  name: 'example-api',
  state: exampleApiState,
  routes: (state) => [
    http.get<{ id: string }>('/records/:id', ({ request, params: { id } }) => {
      if (state.isDown) return problem(503, 'the API is down');
      if (request.headers.get('authorization') !== `Bearer ${state.apiKey}`) {
        return problem(401, 'the API key is missing or wrong', { 'www-authenticate': 'Bearer' });
      }
      const record = Object.hasOwn(state.records, id) ? state.records[id] : undefined;
      if (record === undefined) return problem(404, 'no record has this id');
      if (record.failures > 0) {
        record.failures -= 1;
        return problem(500, 'the API failed');
      }
      return HttpResponse.json({ id, status: record.status });
    }),
  ],
});
