/** Holds answers to the OpenAPI document that the admin itself hands out. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import type { Answer } from './stand.ts';

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

export class Contract {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  /** `get /admin/runs/{run} 404`: all that were seen. */
  readonly seen = new Set<string>();

  constructor(document: Document) {
    this.#document = document;
    formats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'openapi', components: document.components });
  }

  /** @throws AssertionError for a status, a type or a body that the document does not have */
  check(method: string, path: string, { status, headers, json }: Answer): void {
    const [template = '', item] = this.#find(path);
    const operation = item?.[method.toLowerCase()];
    const what = `${method.toLowerCase()} ${template} ${status}`;
    expect(operation, `an operation for ${method} ${path}`).to.not.equal(undefined);
    const answer = operation?.responses[status];
    expect(answer, `an answer ${status} of ${method} ${template}`).to.not.equal(undefined);
    this.seen.add(what);
    const [type, content] = Object.entries(answer?.content ?? {})[0] ?? [];
    if (type === undefined || content === undefined) return;
    expect(String(headers['content-type']).split(';')[0], `the type of ${what}`).to.equal(type);
    if (!type.includes('json')) return;
    const isValid = this.#ajv.validate(inDocument(content.schema), json);
    expect(isValid, `${what}: ${this.#ajv.errorsText()}\n${JSON.stringify(json).slice(0, 500)}`).to.equal(true);
  }

  #find(path: string) {
    const { pathname } = new URL(path, 'http://admin');
    const exact = this.#document.paths[pathname];
    if (exact !== undefined) return [pathname, exact] as const;
    const matches = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname);
    // The more is fixed the better it fits.
    const found = Object.entries(this.#document.paths)
      .filter(([template]) => matches(template))
      .sort(([a], [b]) => a.split('{').length - b.split('{').length);
    return found[0] ?? [];
  }
}

/** References lead into the document, wherever a schema stands. */
function inDocument(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/'));
}
