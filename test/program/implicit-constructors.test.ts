/** A constructor that nobody wrote stands at its class, and so does what it costs. */
import { expect, test } from "vitest";
import { open, profile } from "../../src/index.ts";
import { brokenSums } from "../../src/result/invariants.ts";

const source = `class Base {
  field = 1;
}
class Derived extends Base {
  method() { return 1; }

}
const Given = class extends Derived {
};
class Written {
  x = 1;
  constructor() { this.y = 2; }
}
for (let i = 0; i < 9; i++) { new Derived().method(); new Given(); new Written(); }
`;

const placesIn = async (text: string) => {
  const { result } = await profile(await open(new TextEncoder().encode(text)));
  expect(brokenSums(result)).toEqual([]);
  const made = result.functions.filter(({ name }) => name.startsWith("new "));
  return { result, made: Object.fromEntries(made.map(({ name, line, column }) => [name, [line, column]])) };
};

test("over several lines", async () => {
  const { result, made } = await placesIn(source);
  expect(made).toEqual({
    "new Base": [1, 1],
    "new Derived": [4, 1],
    "new Given": [8, expect.any(Number)],
    "new Written": [12, expect.any(Number)],
  });
  // nothing is counted for the line of a closing brace
  const braces = result.lines.filter(({ line }) => /^\};?$/.test(source.split("\n")[line - 1]!));
  expect(braces).toEqual([]);
});

test("on one line, by its column", async () => {
  const line = source.replaceAll("\n", " ");
  const { made } = await placesIn(line);
  expect(made["new Derived"]).toEqual([1, line.indexOf("class Derived") + 1]);
});
