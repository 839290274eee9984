/** Contents of sections, and the order of sections as the engine knows it. */
import { expect, test } from "vitest";
import { decodeModule } from "../../src/wasm/decode.ts";
import { encodeSections } from "../../src/wasm/encode.ts";
import { functionNames } from "../../src/wasm/names.ts";
import { customSection, sectionPosition, sectionReader } from "../../src/wasm/sections.ts";
import { SectionId } from "../../src/wasm/types.ts";

const custom = (...payload: number[]) =>
  decodeModule(encodeSections([{ id: SectionId.custom, payload: Uint8Array.from(payload) }]));

test("the contents of a custom section begin behind its name, however its length is written", () => {
  const plain = custom(2, 0x61, 0x62, 7, 8);
  const padded = custom(0x82, 0x80, 0, 0x61, 0x62, 7, 8);
  for (const module of [plain, padded]) expect([...customSection(module, "ab")!.bytes]).toEqual([7, 8]);
  expect(customSection(padded, "ab")!.base).toBe(8 + 2 + 3 + 2);
  expect(customSection(plain, "a")).toBeUndefined();
});

test("a name of more bytes than characters", () => {
  const module = custom(3, 0xe2, 0x82, 0xac, 5);
  expect([...customSection(module, "€")!.bytes]).toEqual([5]);
});

test("names behind a padded length of the section's name", () => {
  const names = [1, 4, 1, 0, 1, 0x66];
  expect(functionNames(custom(0x84, 0, 0x6e, 0x61, 0x6d, 0x65, ...names))).toEqual(new Map([[0, "f"]]));
});

test("a section that is not there", () =>
  expect(sectionReader(custom(1, 0x61), SectionId.code)).toBeUndefined());

test("V8 takes empty sections in this order and in no other", () => {
  const ids = Object.values(SectionId)
    .filter((id) => sectionPosition(id) !== undefined && id !== SectionId.start)
    .sort((a, b) => sectionPosition(a)! - sectionPosition(b)!);
  expect(ids.length).toBe(12);
  const valid = (order: readonly number[]) =>
    WebAssembly.validate(
      encodeSections(order.map((id) => ({ id, payload: Uint8Array.of(0) }))) as BufferSource,
    );
  expect(valid(ids)).toBe(true);
  for (let i = 1; i < ids.length; i++) {
    const swapped = [...ids.slice(0, i - 1), ids[i]!, ids[i - 1]!, ...ids.slice(i + 1)];
    expect(valid(swapped), swapped.join()).toBe(false);
  }
});
