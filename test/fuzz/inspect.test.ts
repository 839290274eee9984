/** Whatever the bytes of a module: where it decodes, it is inspected and listed, without an error and without a hang. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { renderFacts, writeFactsJson } from "../../src/format/module-facts.ts";
import { pluginAbi } from "../../src/javy/abi.ts";
import { linkDynamic } from "../../src/javy/link.ts";
import { factsOf } from "../../src/program/inspect.ts";
import { listUnit } from "../../src/quickjs/listing.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { compile } from "../support/compile.ts";
import { programOf } from "../support/program.ts";

const read = (path: string) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const plugin = read("../../plugin/plugin.wasm");
const source = `class A { #p = 0.5; get x() { return this.#p; } }
  export function* f(a, ...rest) { try { for (const b of rest) yield b + a.x; } finally { a = /x/g; } }
  console.log([...f(new A(), 1, 2)]);`;
const payload = compile(source);
/** A checksum of all ones is none: damage gets past it. */
payload.fill(0xff, 1, 5);
const app = linkDynamic({ namespace: "p", abi: pluginAbi(decodeModule(plugin))! }, payload, source);

const damage = fc.array(fc.record({ place: fc.noBias(fc.nat(2 ** 31 - 1)), byte: fc.nat(255) }), {
  minLength: 1,
  maxLength: 4,
});

/** Counts what was shown; anything but a refusal to decode is an error. */
function show(bytes: Uint8Array, seen: { decoded: number; listed: number; problems: number }): void {
  let program: ReturnType<typeof programOf>;
  try {
    program = programOf(bytes, undefined, "function.mjs");
  } catch (error) {
    if (error instanceof Diagnostic) return;
    throw error;
  }
  seen.decoded += 1;
  const facts = factsOf(program);
  seen.problems += facts.problems.length;
  const run = { ready: true, message: "", details: [] };
  const named = { name: "app.wasm", bytes: bytes.length, sha256: "", ...facts, run };
  expect(JSON.parse(writeFactsJson(named))).toMatchObject({ name: "app.wasm" });
  expect(renderFacts(named, 80)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  for (const { unit } of program.programs.held)
    if (listUnit(unit, program.places()).length > 0) seen.listed += 1;
}

test("a small module", () => {
  const seen = { decoded: 0, listed: 0, problems: 0 };
  fc.assert(
    fc.property(damage, (changes) => {
      const bytes = app.slice();
      for (const { place, byte } of changes) bytes[8 + (place % (bytes.length - 8))] = byte;
      show(bytes, seen);
    }),
    { numRuns: 4000 },
  );
  expect(seen.decoded).toBeGreaterThan(1000);
  expect(seen.listed).toBeGreaterThan(100);
  expect(seen.problems).toBeGreaterThan(100);
});

test("the memory of a pre-initialised module", () => {
  const segments = decodeModule(plugin).data.map(({ bytes }) => bytes);
  const seen = { decoded: 0, listed: 0, problems: 0 };
  fc.assert(
    fc.property(damage, (changes) => {
      const bytes = plugin.slice();
      for (const { place, byte } of changes) {
        const { start, end } = segments[place % segments.length]!;
        // many at once, so that some are where it matters
        for (let n = 0; n < 300; n++) bytes[start + ((place + n * 7919) % (end - start))] = byte;
      }
      show(bytes, seen);
    }),
    { numRuns: 25 },
  );
  expect(seen.decoded).toBe(25);
  expect(seen.listed, "functions survive some of it").toBeGreaterThan(0);
});
