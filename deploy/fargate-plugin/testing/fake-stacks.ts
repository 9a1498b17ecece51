/**
 * CloudFormation, S3 and STS as far as `serverless deploy` uses them, on a real socket: one stack, one bucket.
 *
 * What CloudFormation would refuse before it makes anything is refused here too: a template that is not in the bucket, and a resource
 * that has become one of another type. Nothing is made: whether the services would take the properties is for `check-template.ts`.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Template } from '../cloudformation.ts';

type Form = Readonly<Record<string, string>>;

export interface FakeStacks extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** `POST CreateChangeSet`, `PUT serverless/stint/…/compiled-cloudformation-template.json`. */
  readonly calls: readonly string[];
  /** What was asked for last, by operation. */
  readonly asked: Readonly<Record<string, Form>>;
  /** Undefined: there is no stack. */
  readonly template: Template | undefined;
}

const bucket = 'stint-example-bucket';
const stackArn = 'arn:aws:cloudformation:eu-central-1:111122223333:stack/stint-example/1';

/** Answered as an error of the one who asked. */
class Refusal extends Error {}

export async function openFakeStacks(): Promise<FakeStacks> {
  const calls: string[] = [];
  const asked: Record<string, Form> = {};
  const objects = new Map<string, { readonly body: string; readonly hash: string; readonly modified: string }>();
  const events: string[] = [];
  let template: Template | undefined;
  let pending: { readonly kind: string; readonly template: Template } | undefined;

  const operations: Record<string, (form: Form) => string> = {
    GetCallerIdentity: () => '<Arn>arn:aws:iam::111122223333:user/me</Arn><Account>111122223333</Account>',
    DescribeStacks() {
      if (template === undefined) throw new Refusal('Stack with id stint-example does not exist');
      return `<Stacks><member><StackName>stint-example</StackName><StackId>${stackArn}</StackId><CreationTime>${now()}</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>`;
    },
    DescribeStackResource: ({ LogicalResourceId }) =>
      `<StackResourceDetail><LogicalResourceId>${LogicalResourceId}</LogicalResourceId><PhysicalResourceId>${bucket}</PhysicalResourceId></StackResourceDetail>`,
    CreateChangeSet({ ChangeSetType = '', TemplateBody, TemplateURL }) {
      const given: Template = JSON.parse(TemplateBody ?? objectAt(TemplateURL));
      for (const [id, { Type }] of Object.entries(given.Resources)) {
        if ((template?.Resources[id]?.Type ?? Type) !== Type)
          throw new Refusal(`Update of resource type is not permitted: [${id}]`);
      }
      pending = { kind: ChangeSetType, template: given };
      return `<Id>change-set</Id><StackId>${stackArn}</StackId>`;
    },
    DescribeChangeSet: () =>
      `<StackId>${stackArn}</StackId><Status>CREATE_COMPLETE</Status><Changes><member><Type>Resource</Type></member></Changes>`,
    ExecuteChangeSet() {
      if (pending === undefined) throw new Refusal('there is no change set');
      events.unshift(`${pending.kind}_COMPLETE`, `${pending.kind}_IN_PROGRESS`);
      template = pending.template;
      pending = undefined;
      return '';
    },
    DeleteChangeSet: () => '',
    DescribeStackEvents: () => `<StackEvents>${events.map(eventXml).join('')}</StackEvents>`,
    ValidateTemplate({ TemplateURL }) {
      JSON.parse(objectAt(TemplateURL));
      return '';
    },
    ListStackResources: () => '<StackResourceSummaries/>',
  };

  function eventXml(status: string, index: number): string {
    return `<member><EventId>${events.length - index}</EventId><StackName>stint-example</StackName><LogicalResourceId>stint-example</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><Timestamp>${now()}</Timestamp><ResourceStatus>${status}</ResourceStatus></member>`;
  }

  function objectAt(url = ''): string {
    const key = decodeURIComponent(new URL(url).pathname).slice(`/${bucket}/`.length);
    const object = objects.get(key);
    if (object === undefined) throw new Refusal(`S3 error: ${key} does not exist`);
    return object.body;
  }

  /** CloudFormation and STS. */
  function answerForm({ Action = '', ...form }: Form, outgoing: ServerResponse): void {
    calls.push(`POST ${Action}`);
    asked[Action] = form;
    try {
      const result = operations[Action]?.(form);
      if (result === undefined) throw new Refusal(`${Action} is not known to this test`);
      outgoing.end(`<${Action}Response><${Action}Result>${result}</${Action}Result></${Action}Response>`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outgoing.writeHead(400);
      outgoing.end(
        `<ErrorResponse><Error><Code>ValidationError</Code><Message>${error.message}</Message></Error></ErrorResponse>`,
      );
    }
  }

  function answerObject({ method, url = '', headers }: IncomingMessage, body: string, outgoing: ServerResponse): void {
    const key = decodeURIComponent(new URL(url, 'http://aws').pathname).slice(`/${bucket}/`.length);
    calls.push(`${method} ${key}`);
    if (method === 'PUT') objects.set(key, { body, hash: String(headers['x-amz-meta-filesha256']), modified: now() });
    if (method === 'HEAD' && key !== '') {
      const { hash = '', modified = now() } = objects.get(key) ?? {};
      outgoing.setHeader('x-amz-meta-filesha256', hash);
      outgoing.setHeader('last-modified', new Date(modified).toUTCString());
    }
    const listed = [...objects].map(
      ([Key, { modified }]) => `<Contents><Key>${Key}</Key><LastModified>${modified}</LastModified></Contents>`,
    );
    outgoing.end(method === 'GET' ? `<ListBucketResult>${listed.join('')}</ListBucketResult>` : '');
  }

  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    outgoing.setHeader('content-type', 'text/xml');
    if (incoming.method === 'POST') return answerForm(Object.fromEntries(new URLSearchParams(body)), outgoing);
    return answerObject(incoming, body, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'only-of-tests',
      // Of Serverless, which else asks every five seconds how far the stack is.
      SLS_AWS_MONITORING_FREQUENCY: '20',
    },
    calls,
    asked,
    get template() {
      return template;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function now(): string {
  return new Date().toISOString();
}
