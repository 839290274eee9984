/** The published schema of the result: every golden keeps it, and it refuses what the reader of results refuses. */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { wrongShape } from "../../src/result/shape.ts";

const read = (url: URL) => JSON.parse(readFileSync(url, "utf8"));
const validate = new Ajv({ strict: false }).compile(
  read(new URL("../../dist/result.schema.json", import.meta.url)),
);
const folder = new URL("../format/files/golden/formats/", import.meta.url);
const goldens = readdirSync(folder).filter((name) => name.endsWith(".fuel.json"));

test.each(goldens)("%s", (name) => {
  const result = read(new URL(name, folder));
  expect(validate(result), JSON.stringify(validate.errors)).toBe(true);
  expect(wrongShape(result)).toBeNull();
});

/** Every place in a document, as a path of keys. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];
}

test("the schema and the reader refuse the same documents", () => {
  const result = read(new URL("shop.fuel.json", folder));
  // another schemaVersion has a message of its own (read-result.ts)
  const all = places(result).filter(([first]) => first !== undefined && first !== "schemaVersion");
  const change = fc.record({
    path: fc.constantFrom(...all),
    to: fc.constantFrom("remove", null, 7, "text", true, [], {}),
  });
  let refused = 0;
  fc.assert(
    fc.property(change, ({ path, to }) => {
      const copy = structuredClone(result);
      const parent = path.slice(0, -1).reduce((value, key) => value[key], copy);
      const last = path.at(-1)!;
      if (to === "remove" && Array.isArray(parent)) parent.splice(Number(last), 1);
      else if (to === "remove") delete parent[last];
      else parent[last] = to;
      const accepted = validate(copy);
      if (!accepted) refused += 1;
      expect(wrongShape(copy) === null, JSON.stringify(validate.errors)).toBe(accepted);
    }),
    { numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(500);
});
