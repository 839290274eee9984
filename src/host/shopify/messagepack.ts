/**
 * JSON as MessagePack and back, as Shopify's function-runner converts it (serde_json's values through rmp-serde): an
 * integer of 64 bits is one in its shortest form, any other number a double, and text where it is too large for that.
 * Every single value goes through @msgpack/msgpack. Maps and arrays are put together and taken apart here: that package
 * knows objects only, whose order of keys is JavaScript's and which cannot have every key, and takes 1.0 for 1.
 */
import { decode, encode } from "@msgpack/msgpack";
import { isArray, isObject, type Json, JsonNumber, type JsonObject } from "./exact-json.ts";

export function encodeMessagePack(value: Json): Uint8Array {
  const parts: Uint8Array[] = [];
  append(value, parts);
  return new Uint8Array(Buffer.concat(parts));
}

function append(value: Json, parts: Uint8Array[]): void {
  if (isArray(value)) {
    parts.push(head(value.length, 0x90, 0xdc));
    for (const item of value) append(item, parts);
  } else if (isObject(value)) {
    parts.push(head(value.size, 0x80, 0xde));
    for (const [key, item] of value) {
      parts.push(encode(key));
      append(item, parts);
    }
  } else parts.push(value instanceof JsonNumber ? encodeNumber(value.text) : encode(value));
}

/** The head of a map or an array: up to 15 entries in one byte, then a code and 16 or 32 bits. */
function head(length: number, short: number, long: number): Uint8Array {
  if (length < 16) return Uint8Array.of(short | length);
  const bytes = new DataView(new ArrayBuffer(length < 0x1_0000 ? 3 : 5));
  bytes.setUint8(0, bytes.byteLength === 3 ? long : long + 1);
  if (bytes.byteLength === 3) bytes.setUint16(1, length);
  else bytes.setUint32(1, length);
  return new Uint8Array(bytes.buffer);
}

const [least, greatest] = [-(2n ** 63n), 2n ** 64n - 1n];

function encodeNumber(text: string): Uint8Array {
  if (/^-?\d+$/.test(text)) {
    const integer = BigInt(text);
    // Beyond what a double holds, every integer takes 64 bits anyway.
    if (Number.isSafeInteger(Number(integer))) return encode(Number(integer));
    if (integer >= least && integer <= greatest) return encode(integer, { useBigInt64: true });
  }
  const double = Number(text);
  return Number.isFinite(double) ? encode(double, { forceIntegerToFloat: true }) : encode(text);
}

/** The first value in `bytes`. @throws Error where that is no JSON: binary data, extensions, keys that are no text. */
export function decodeMessagePack(bytes: Uint8Array): Json {
  return new Reader(bytes).value();
}

/** Nesting that rmp-serde takes. */
const deepest = 1024;

/** Length of a value that is neither map nor array, by its first byte from 0xc0 on; 0: none is of use in JSON. */
const lengths = [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9];

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(): Json {
    const first = this.#view.getUint8(this.#at);
    const items = this.#count(first, 0x90, 0xdc);
    if (items !== null) return this.#nested(() => this.#array(items));
    const entries = this.#count(first, 0x80, 0xde);
    if (entries !== null) return this.#nested(() => this.#object(entries));
    const value = this.#single(first);
    switch (typeof value) {
      case "bigint":
        return new JsonNumber(String(value));
      case "number":
        return first === 0xca || first === 0xcb ? double(value) : new JsonNumber(String(value));
      default:
        return value as null | boolean | string;
    }
  }

  /** How many entries the map or array that starts here has, past its head; null where none starts. */
  #count(first: number, short: number, long: number): number | null {
    const at = this.#at + 1;
    if (first >> 4 === short >> 4) {
      this.#at += 1;
      return first & 15;
    }
    if (first !== long && first !== long + 1) return null;
    this.#at += first === long ? 3 : 5;
    return first === long ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** A value without parts. */
  #single(first: number): unknown {
    const start = this.#at;
    this.#at += this.#length(first);
    if (this.#at > this.#bytes.length) throw new RangeError("the value ends early");
    return decode(this.#bytes.subarray(start, this.#at), { useBigInt64: true });
  }

  #length(first: number): number {
    const at = this.#at + 1;
    if (first < 0x80 || first >= 0xe0) return 1;
    if (first < 0xc0) return 1 + (first & 31);
    if (first === 0xd9) return 2 + this.#view.getUint8(at);
    if (first === 0xda) return 3 + this.#view.getUint16(at);
    if (first === 0xdb) return 5 + this.#view.getUint32(at);
    return lengths[first - 0xc0] || fail(`byte 0x${first.toString(16)} starts no JSON value`);
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > deepest) fail(`nested deeper than ${deepest} levels`);
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #array(count: number): readonly Json[] {
    const items: Json[] = [];
    for (let i = 0; i < count; i++) items.push(this.value());
    return items;
  }

  #object(count: number): JsonObject {
    const entries = new Map<string, Json>();
    for (let i = 0; i < count; i++) {
      const key = this.value();
      if (typeof key !== "string") fail("a key is no text");
      entries.set(key as string, this.value());
    }
    return entries;
  }
}

/** As serde_json: a double is told from an integer, and JSON has no other word for NaN and the infinities than null. */
function double(value: number): Json {
  if (!Number.isFinite(value)) return null;
  const text = Object.is(value, -0) ? "-0" : String(value);
  return new JsonNumber(/[.e]/.test(text) ? text : `${text}.0`);
}

function fail(what: string): never {
  throw new Error(what);
}
