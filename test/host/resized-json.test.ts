/** JSON documents of another size: elements by their order, everything else as it was written, and paths that lead nowhere. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { resizableJson } from "../../src/host/resized-json.ts";

const resized = (text: string, n: number, ...paths: string[]) =>
  resizableJson(text, "cart.json", paths).withElements(n);

test("an array has n elements, cut or from its beginning again; the rest stays", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 8 }),
      fc.jsonValue(),
      fc.nat(30),
      (list, other, n) => {
        const text = JSON.stringify({ other, cart: { lines: list } });
        const { lengths, withElements } = resizableJson(text, "x", ["cart.lines"]);
        expect(lengths).toEqual([list.length]);
        const made = JSON.parse(withElements(n));
        const parsed = JSON.parse(text);
        expect(made.cart.lines).toEqual(
          Array.from({ length: n }, (_, i) => parsed.cart.lines[i % list.length]),
        );
        expect(made.other).toEqual(parsed.other);
        expect(JSON.parse(withElements(list.length))).toEqual(parsed);
      },
    ),
  );
});

test("numbers and the order of keys are those that were written", () => {
  const text = '{ "b": 1.0, "1": 12345678901234567890, "list": [ {"z": 1e2, "2": 2.50} ] }';
  expect(resized(text, 2, "list")).toBe(
    '{"b":1.0,"1":12345678901234567890,"list":[{"z":1e+2,"2":2.50},{"z":1e+2,"2":2.50}]}',
  );
});

test("paths through elements, keys of any text, several at once, and the document itself", () => {
  const text = '{"carts":[{"lines":[1]},{"lines":[2,3]}],"a.b":[4],"c":[5]}';
  expect(resized(text, 2, "carts[0].lines")).toBe(
    '{"carts":[{"lines":[1,1]},{"lines":[2,3]}],"a.b":[4],"c":[5]}',
  );
  expect(resized(text, 0, "carts.1.lines")).toBe('{"carts":[{"lines":[1]},{"lines":[]}],"a.b":[4],"c":[5]}');
  for (const path of ["carts[*].lines", "carts.*.lines"])
    expect(resized(text, 3, path)).toBe('{"carts":[{"lines":[1,1,1]},{"lines":[2,3,2]}],"a.b":[4],"c":[5]}');
  expect(resized(text, 2, '["a.b"]', "c")).toBe(
    '{"carts":[{"lines":[1]},{"lines":[2,3]}],"a.b":[4,4],"c":[5,5]}',
  );
  expect(resized("[7]", 3, ".")).toBe("[7,7,7]");
  // an array within another's elements, in either order
  for (const paths of [
    ["carts", "carts[*].lines"],
    ["carts[1].lines", "carts"],
  ])
    expect(JSON.parse(resized(text, 0, ...paths)).carts).toEqual([]);
  expect(JSON.parse(resized('{"l":[{"t":[1]}]}', 2, "l", "l[*].t"))).toEqual({
    l: [{ t: [1, 1] }, { t: [1, 1] }],
  });
});

test("a path that leads nowhere is said, with what there is", () => {
  const text = '{"cart":{"lines":[{"tags":[]}],"id":1},"none":[],"a.b":[1]}';
  const wrong = (...paths: string[]) => {
    try {
      resized(text, 1, ...paths);
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error;
      return [error.kind, error.message, ...error.details].join("; ");
    }
    throw new Error("it is taken");
  };
  const arrays =
    'arrays in it, with their lengths: none (0), ["a.b"] (1), cart.lines (1), cart.lines[*].tags (0)';
  expect(wrong()).toBe(`usage; which array is to grow? Name it with --path; ${arrays}`);
  expect(wrong("cart.line")).toBe('usage; cart.line: there is no "line"; did you mean "lines"?');
  expect(wrong("cart")).toBe(`usage; cart is no array: it is an object; ${arrays}`);
  expect(wrong("cart.lines[3].tags")).toContain("there is no element 3 in an array of 1");
  expect(wrong("cart.lines.tags")).toContain("there is no element tags in an array of 1");
  expect(wrong("cart.id.x")).toContain('there is no "x" in a number');
  expect(wrong("none")).toContain("none has no element in cart.json that could be repeated");
  for (const path of ["cart..lines", "cart[", 'cart["x]', "cart[x]"])
    expect(wrong(path)).toContain("is no path");
  expect(() => resized("{", 1, "a")).toThrow("cart.json is not JSON");
});
