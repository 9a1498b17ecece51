/** The OpenAPI 3.1 document of the API, made of its operations and schemas. */
import { type Job, summaryJsonSchema } from '@stint/sdk';
import { z } from 'zod';
import { scopeSchema } from '../runs/job-views.ts';
import { problemSchema } from '../schemas.ts';
import { answerSchemas, type Operation, operations } from './operations.ts';

type JsonObject = Record<string, unknown>;

const always = [401, 403, 500];

/** @param jobs their scopes are told, each for its own path */
export function openapiDocument(jobs: readonly Job[], version: string): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stint admin',
      version,
      summary: 'Start, watch, stop and redrive runs of scheduled batch jobs',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths: pathsOf(jobs),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'stint_session' },
      },
      schemas: {
        ...Object.fromEntries(
          Object.entries(answerSchemas).map(([name, schema]) => [name, toJsonSchema(schema, 'output')]),
        ),
        Summary: withoutRecursion(summaryJsonSchema()),
        Problem: toJsonSchema(problemSchema, 'output'),
      },
    },
  };
}

function pathsOf(jobs: readonly Job[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    const { path, method } = operation;
    paths[path] = { ...paths[path], [method]: toOperation(operation) };
    if (operation.id !== 'startRun') continue;
    for (const job of jobs) {
      const own = { ...operation, id: `${operation.id}-${job.name}`, path: `/admin/${job.name}`, summary: job.summary };
      paths[own.path] = { post: toOperation(own, scopeSchema(job)) };
    }
  }
  return paths;
}

function toOperation(
  { id, path, summary, role, query, body, answers, problems }: Operation,
  scope?: JsonObject,
): JsonObject {
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...queryParameters(query),
    ...(id.startsWith('startRun') ? [preferParameter] : []),
    ...(id === 'watchRun' ? [lastEventParameter] : []),
  ];
  return {
    operationId: id,
    summary,
    ...(role === undefined ? { security: [] } : { description: `For the role ${role}, and those above.` }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: toBody(body, scope) }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, name]) => [status, toAnswer(id, name)])),
      ...Object.fromEntries(
        [...(role === undefined ? [500] : always), ...problems]
          .filter((status) => !(status in answers))
          .map((status) => [status, problemAnswer]),
      ),
    },
  };
}

const preferParameter = {
  name: 'Prefer',
  in: 'header',
  description: '`respond-async`, or `wait=N` seconds (RFC 7240)',
  schema: { type: 'string' },
};
const lastEventParameter = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'the last event that the client has seen',
  schema: { type: 'string' },
};
const problemAnswer = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function toAnswer(id: string, name: string | undefined): JsonObject {
  if (name !== undefined)
    return {
      description: name,
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
    };
  if (id === 'watchRun')
    return { description: 'Events', content: { 'text/event-stream': { schema: { type: 'string' } } } };
  return { description: 'This document', content: { 'application/json': { schema: { type: 'object' } } } };
}

function queryParameters(query: z.ZodObject | undefined): readonly JsonObject[] {
  if (query === undefined) return [];
  const { properties = {} } = toJsonSchema(query, 'input') as { properties?: Record<string, JsonObject> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    schema: name === 'limit' ? { type: 'integer', minimum: 1, maximum: 100, default: 20 } : schema,
  }));
}

function toBody(body: z.ZodObject, scope: JsonObject | undefined): JsonObject {
  const schema = toJsonSchema(body, 'input');
  if (scope !== undefined) schema.properties = { ...(schema.properties as JsonObject), scope };
  return { required: false, content: { 'application/json': { schema } } };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  return withoutRecursion(z.toJSONSchema(schema, { io }));
}

/** Any JSON is a schema that refers to itself, by a place that is another in this document: there it is any value. */
function withoutRecursion(schema: object): JsonObject {
  const { $defs: _, $schema: __, ...rest } = schema as JsonObject;
  return JSON.parse(JSON.stringify(rest), (_key, value) =>
    typeof value?.$ref === 'string' && value.$ref.startsWith('#/$defs/') ? {} : value,
  ) as JsonObject;
}
