/**
 * The scale factor of a function's limits: function-runner's own cases (its tests of bluejay_schema_analyzer and
 * scale_limits_analyzer use such schemas), and the rule written down another way for random inputs.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaleFactor } from "../../../src/host/shopify/scale.ts";

const schema = `
  directive @scaleLimits(rate: Float!) on FIELD_DEFINITION
  schema { query: Input }
  interface Node { id: ID! }
  type Input { cart: Cart!, note: String @scaleLimits(rate: 0.01), shop: Shop }
  type Shop { code: Int @scaleLimits(rate: 1) }
  type Cart implements Node { id: ID!, lines: [Line!]! @scaleLimits(rate: 0.005), one: Line, total: Money @scaleLimits(rate: 4.5) }
  type Money { amount: Int }
  extend type Line { tags: [String!]! @scaleLimits(rate: 0.02) }
  type Line implements Node { id: ID!, product: Product }
  union Product = Variant | Custom
  type Variant { title: String @scaleLimits(rate: 0.1) }
  type Custom { title: String }
`;
const factor = (query: string, input: unknown, by = schema) =>
  scaleFactor(
    { name: "schema.graphql", text: by },
    { name: "run.graphql", text: query },
    { name: "the input", text: JSON.stringify(input) },
  );
const lines = (count: number, line: unknown = {}) => ({
  cart: { lines: Array.from({ length: count }, () => line) },
});

describe("counts", () => {
  test.each([
    ["a list by its elements", "{ cart { lines { id } } }", lines(400), 2],
    ["not below 1", "{ cart { lines { id } } }", lines(3), 1],
    ["not above 10", "{ cart { lines { id } } }", lines(40_000), 10],
    ["a text by its bytes", "{ note }", { note: "é".repeat(150) }, 3],
    ["anything else, and what is missing, as 1", "{ cart { total { amount } } }", { cart: {} }, 4.5],
    ["only what the query asks for", "{ cart { id } }", lines(4000), 1],
    [
      "the answer's own name",
      "{ basket: cart { rows: lines { id } } }",
      { basket: { rows: Array(600).fill({}) } },
      3,
    ],
    ["what lies in lists together", "{ cart { lines { tags } } }", lines(50, { tags: ["a", "b", "c"] }), 3],
    [
      "a field that is asked for twice once",
      "{ cart { lines { id } } ... on Input { cart { lines { id } } } }",
      lines(400),
      2,
    ],
    [
      "the greatest of several",
      "{ note cart { lines { id } } }",
      { note: "x".repeat(450), ...lines(400) },
      4.5,
    ],
    [
      "in fragments, whatever the type",
      "query Run { cart { lines { ...Of } } } fragment Of on Line { product { __typename ... on Variant { title } } }",
      lines(2, { product: { __typename: "Variant", title: "x".repeat(10) } }),
      2,
    ],
    ["no rate that is an Int, as function-runner", "{ shop { code } }", { shop: { code: 5 } }, 1],
  ])("%s", (_, query, input, expected) => {
    expect(factor(query, input)).toBeCloseTo(expected, 10);
  });
});

test("what lies in elements of lists adds up, in any input", () => {
  const tags = fc.array(fc.array(fc.string(), { maxLength: 9 }), { maxLength: 60 });
  fc.assert(
    fc.property(tags, (each) => {
      const input = { cart: { lines: each.map((some) => ({ tags: some })) } };
      const all = each.flat().length;
      const expected = Math.min(10, Math.max(1, each.length * 0.005, all * 0.02));
      expect(factor("{ cart { lines { tags } } }", input)).toBeCloseTo(expected, 9);
    }),
  );
});

describe("what cannot be read is a usage error", () => {
  test.each([
    ["{ cart { price } }", {}, schema, "run.graphql asks for price of Cart, which the schema does not have"],
    ["{ cart {", {}, schema, "run.graphql is no GraphQL: Syntax Error"],
    ["fragment A on Cart { id }", {}, schema, "run.graphql holds no query"],
    ["{ cart { ...A } } fragment A on Cart { one { one { id } } }", {}, schema, "asks for one of Line"],
    ["{ cart { ...B } }", {}, schema, "run.graphql has no fragment B"],
    ["{ cart { id } }", {}, "type Cart {", "schema.graphql is no GraphQL"],
  ])("%s", (query, input, by, message) => {
    expect(() => factor(query, input, by)).toThrow(message);
  });
  test("a fragment that contains itself", () => {
    const loop = "type Query { me: Query }";
    expect(() => factor("{ me { ...A } } fragment A on Query { me { ...A } }", {}, loop)).toThrow(
      "contains itself",
    );
    expect(() => factor("{ me { ...A } } fragment A on Query { ...A }", {}, loop)).toThrow("contains itself");
  });
});
