/** Function names out of the name section, whatever state it is in. */
import { expect, test } from "vitest";
import { decodeModule } from "../../src/wasm/decode.ts";
import { encodeSections, entry } from "../../src/wasm/encode.ts";
import { functionNames } from "../../src/wasm/names.ts";

const named = (...content: number[]) => {
  const payload = entry((w) => {
    w.name("name");
    w.copy(Uint8Array.from(content));
  });
  return functionNames(decodeModule(encodeSections([{ id: 0, payload }])));
};

test("the second subsection is the functions'", () => {
  expect(named(0, 2, 1, 0x6d, 1, 9, 2, 0, 1, 0x66, 0x82, 1, 2, 0xc3, 0xa9)).toEqual(
    new Map([
      [0, "f"],
      [130, "é"],
    ]),
  );
});

test("names that a stranger gave come back as they are", () => {
  expect(named(1, 6, 1, 5, 3, 0x1b, 0x5b, 0x0a).get(5)).toBe("\u001b[\n");
});

test("a name past 16,384 bytes is cut at a character, and those behind it are read", () => {
  const named16k = (text: string) => {
    const list = entry((w) => {
      w.copy(Uint8Array.of(2, 0));
      w.name(text);
      w.copy(Uint8Array.of(1, 1, 0x66));
    });
    return [...named(1, ...entry((w) => w.sized(list))).values()];
  };
  expect(named16k("a".repeat(16_384))).toEqual(["a".repeat(16_384), "f"]);
  expect(named16k("a".repeat(16_385))).toEqual([`${"a".repeat(16_384)}…`, "f"]);
  expect(named16k(`a${"é".repeat(10_000)}`)).toEqual([`a${"é".repeat(8191)}…`, "f"]);
  expect(named16k(`aa${"💩".repeat(10_000)}`)).toEqual([`aa${"💩".repeat(4095)}…`, "f"]);
});

test("what was read before damage stands", () => {
  const f = [1, 8, 2, 0, 1, 0x66, 1, 5, 0x67];
  for (const bytes of [
    [...f, 0x67],
    [1, 7, 2, 0, 1, 0x66, 1, 1, 0xff],
    [1, 4, 9, 0, 1, 0x66],
  ])
    expect(named(...bytes), bytes.join()).toEqual(new Map([[0, "f"]]));
  expect(named(1, 99, 0)).toEqual(new Map());
});

test("no name section, no names", () => {
  expect(functionNames(decodeModule(encodeSections([])))).toEqual(new Map());
  const payload = entry((w) => w.name("names"));
  expect(functionNames(decodeModule(encodeSections([{ id: 0, payload }])))).toEqual(new Map());
});
