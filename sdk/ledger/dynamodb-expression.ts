/** Conditions and changes of items as DynamoDB's expressions. Every name and value is a placeholder: none is reserved. */
import type { Attribute, Change, Condition } from './items-store.ts';

/** The placeholders of one request. */
export class Expression {
  readonly #names = new Map<string, string>();
  readonly #values: Record<string, Attribute> = {};

  condition(condition: Condition): string {
    if (condition === 'absent') return `attribute_not_exists(${this.#name('pk')})`;
    const terms = [
      `attribute_exists(${this.#name('pk')})`,
      ...Object.entries(condition.equal).map(([name, value]) =>
        value === undefined
          ? `attribute_not_exists(${this.#name(name)})`
          : `${this.#name(name)} = ${this.#value(value)}`,
      ),
    ];
    return terms.join(' AND ');
  }

  change({ set = {}, add = {}, remove = [] }: Change): string {
    const clauses = [
      ['SET', Object.entries(set).map(([name, value]) => `${this.#name(name)} = ${this.#value(value)}`)],
      ['ADD', Object.entries(add).map(([name, by]) => `${this.#name(name)} ${this.#value(by)}`)],
      ['REMOVE', remove.map((name) => this.#name(name))],
    ] as const;
    return clauses
      .filter(([, terms]) => terms.length > 0)
      .map(([verb, terms]) => `${verb} ${terms.join(', ')}`)
      .join(' ');
  }

  /** To be asked for last. */
  get placeholders(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, Attribute>;
  } {
    const names = Object.fromEntries([...this.#names].map(([name, placeholder]) => [placeholder, name]));
    return {
      ...(this.#names.size === 0 ? {} : { ExpressionAttributeNames: names }),
      ...(Object.keys(this.#values).length === 0 ? {} : { ExpressionAttributeValues: this.#values }),
    };
  }

  #name(name: string): string {
    const placeholder = this.#names.get(name) ?? `#n${this.#names.size}`;
    this.#names.set(name, placeholder);
    return placeholder;
  }

  #value(value: Attribute): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }
}
