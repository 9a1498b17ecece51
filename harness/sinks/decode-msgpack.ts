/** Reads MessagePack, as far as a tracer and Docker's fluentd driver write it. */

/** A value of a type that MessagePack leaves to others. */
export interface Extension {
  readonly type: number;
  readonly data: Buffer;
}

/** Whole values at the start of `bytes`, and what is left: a value that has not arrived whole yet. */
export function decodeMsgpackStream(bytes: Buffer): { readonly values: readonly unknown[]; readonly rest: Buffer } {
  const reader = new Reader(bytes);
  const values: unknown[] = [];
  let read = 0;
  try {
    while (read < bytes.length) {
      values.push(reader.read());
      read = reader.at;
    }
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
  }
  return { values, rest: bytes.subarray(read) };
}

class Incomplete extends Error {}

export function decodeMsgpack(bytes: Buffer): unknown {
  return new Reader(bytes).read();
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  read(): unknown {
    const type = this.#whole(1);
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f);
    if (type < 0xa0) return this.#list(type & 0x0f);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    const read = this.#readers[type];
    if (read === undefined) throw new Error(`expected MessagePack, got the type 0x${type.toString(16)}`);
    return read();
  }

  readonly #readers: Readonly<Record<number, () => unknown>> = {
    192: () => null,
    194: () => false,
    195: () => true,
    196: () => this.#take(this.#whole(1)),
    197: () => this.#take(this.#whole(2)),
    198: () => this.#take(this.#whole(4)),
    199: () => this.#extension(this.#whole(1)),
    202: () => this.#take(4).readFloatBE(),
    203: () => this.#take(8).readDoubleBE(),
    204: () => this.#whole(1),
    205: () => this.#whole(2),
    206: () => this.#whole(4),
    207: () => this.#take(8).readBigUInt64BE(),
    208: () => this.#take(1).readInt8(),
    209: () => this.#take(2).readInt16BE(),
    210: () => this.#take(4).readInt32BE(),
    211: () => this.#take(8).readBigInt64BE(),
    212: () => this.#extension(1),
    213: () => this.#extension(2),
    214: () => this.#extension(4),
    215: () => this.#extension(8),
    216: () => this.#extension(16),
    217: () => this.#text(this.#whole(1)),
    218: () => this.#text(this.#whole(2)),
    219: () => this.#text(this.#whole(4)),
    220: () => this.#list(this.#whole(2)),
    221: () => this.#list(this.#whole(4)),
    222: () => this.#map(this.#whole(2)),
    223: () => this.#map(this.#whole(4)),
  };

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Incomplete('expected more MessagePack, got its end');
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  #whole(length: number): number {
    return this.#take(length).readUIntBE(0, length);
  }

  #text(length: number): string {
    return this.#take(length).toString('utf8');
  }

  #extension(length: number): Extension {
    return { type: this.#take(1).readInt8(), data: this.#take(length) };
  }

  #list(length: number): unknown[] {
    return Array.from({ length }, () => this.read());
  }

  #map(length: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length }, () => [String(this.read()), this.read()]));
  }
}
