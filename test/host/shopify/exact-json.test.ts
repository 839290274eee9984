/** JSON and MessagePack as function-runner converts them: against its crates' recorded answers, and any value both ways. */
import { readFileSync } from "node:fs";
import { decode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compactJson,
  type Json,
  JsonNumber,
  parseJson,
  prettyJson,
} from "../../../src/host/shopify/exact-json.ts";
import { decodeMessagePack, encodeMessagePack } from "../../../src/host/shopify/messagepack.ts";
import { encodeInput } from "../../../src/host/shopify/shopify.ts";

interface Conversion {
  readonly document: string;
  readonly json: string | null;
  readonly messagepack: string | null;
}

const recorded = JSON.parse(
  readFileSync(new URL("../../../fixtures/shopify/conversions.json", import.meta.url), "utf8"),
) as Conversion[];

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new TextEncoder().encode(text);

describe("as the crates do it", () => {
  const short = ({ document }: Conversion) => JSON.stringify(document).slice(0, 60);
  const good = recorded.filter(({ json }) => json !== null);
  test("the record holds both kinds", () => {
    expect(good.length).toBeGreaterThan(80);
    expect(recorded.length - good.length).toBeGreaterThan(10);
  });
  test.each(good.map((one) => [short(one), one] as const))("%s", (_, { document, json, messagepack }) => {
    expect(new TextDecoder().decode(encodeInput(bytes(document), "json"))).toBe(json);
    expect(hex(encodeInput(bytes(document), "messagepack"))).toBe(messagepack);
  });
  const bad = recorded.filter(({ json }) => json === null);
  test.each(bad.map((one) => [short(one), one] as const))("%s is refused", (_, { document }) => {
    expect(() => encodeInput(bytes(document), "json")).toThrow(/^the input is no JSON: /);
  });
  test("text that is no UTF-8 is refused", () => {
    expect(() => encodeInput(Uint8Array.of(0x22, 0xff, 0x22), "json")).toThrow(/^the input is no JSON: /);
  });
});

/** Any value, as our parser gives it. */
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "grapheme" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => new JsonNumber(doubleText(value))),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((value) => new JsonNumber(String(value))),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 20 }).map((entries) => new Map(entries)),
  ),
})).value;

/** A double as JSON, told apart from an integer. */
function doubleText(value: number): string {
  const text = Object.is(value, -0) ? "-0.0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

describe("any value", () => {
  test("printed and parsed again is the same, compact and pretty", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseJson(compactJson(value))).toEqual(value);
        expect(parseJson(prettyJson(value))).toEqual(value);
      }),
    );
  });
  test("is JSON to JSON.parse too, and pretty is what JSON.stringify prints", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON.stringify writes the exponent and -0 in its own way.
        fc.pre(!/e|-0\b/.test(JSON.stringify(value).replaceAll(/"(?:[^"\\]|\\.)*"/g, "")));
        expect(prettyJson(parseJson(JSON.stringify(value)))).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });
  test("through MessagePack and back is the same", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(decodeMessagePack(encodeMessagePack(value))).toEqual(value);
      }),
    );
  });
  test("is what the package itself reads", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // The package does not read maps with this key, and doubles are told by their text, which -0 has not.
        const text = JSON.stringify(value);
        fc.pre(!text.includes('"__proto__"') && !/-0\b/.test(text));
        expect(decode(encodeMessagePack(parseJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("MessagePack", () => {
  test("long maps and arrays have long heads", () => {
    const items = (count: number): Json[] => Array.from({ length: count }, () => null);
    const heads = [15, 16, 65535, 65536].map((count) => hex(encodeMessagePack(items(count)).subarray(0, 5)));
    expect(heads).toEqual(["9fc0c0c0c0", "dc0010c0c0", "dcffffc0c0", "dd00010000"]);
    const map = new Map(items(65536).map((value, index) => [String(index), value] as const));
    expect(hex(encodeMessagePack(map).subarray(0, 7))).toBe("df00010000a130");
  });
  test.each([
    ["binary data", "c40101"],
    ["an extension", "d40101"],
    ["a timestamp", "d6ff00000000"],
    ["a key that is no text", "8101c0"],
    ["a truncated value", "92c0"],
    ["nothing", ""],
    ["a reserved byte", "c1"],
  ])("%s is no JSON", (_, encoded) => {
    expect(() => decodeMessagePack(new Uint8Array(Buffer.from(encoded, "hex")))).toThrow();
  });
  test("NaN and infinities are null, 64-bit integers exact, keys in order", () => {
    const read = (encoded: string) =>
      compactJson(decodeMessagePack(new Uint8Array(Buffer.from(encoded, "hex"))));
    expect(read("93cb7ff8000000000000cb7ff0000000000000cb8000000000000000")).toBe("[null,null,-0.0]");
    expect(read("92cfffffffffffffffffd38000000000000000")).toBe(
      "[18446744073709551615,-9223372036854775808]",
    );
    expect(read("83a16201a13102a95f5f70726f746f5f5f03")).toBe('{"b":1,"1":2,"__proto__":3}');
  });
});
