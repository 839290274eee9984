/** Logs of function runs in the shapes in which people have them: Shopify CLI's of today and of 2024, and the platform's own. */
import { describe, expect, test } from "vitest";
import { parseRunLog } from "../../../src/host/shopify/run-log.ts";

const log = (payload: unknown, more: object = {}) =>
  JSON.stringify(
    {
      ...{ shopId: 1, apiClientId: 2, payload, logType: "function_run", status: "success" },
      ...{
        source: "my-function",
        sourceNamespace: "extensions",
        logTimestamp: "2025-05-22T15:06:41.827379Z",
      },
      ...more,
    },
    null,
    2,
  );
const run = {
  ...{ export: "cart_lines_discounts_generate_run", input: { cart: { lines: [] } }, inputBytes: 21 },
  ...{
    output: { operations: [] },
    outputBytes: 17,
    logs: ["a line"],
    functionId: "abc",
    fuelConsumed: 512_345,
  },
  ...{ errorMessage: null, errorType: null },
};

describe("a log", () => {
  const expected = {
    input: '{"cart":{"lines":[]}}',
    export: "cart_lines_discounts_generate_run",
    replayed: { fuel: 512_345, inputBytes: 21 },
  };

  test("of Shopify CLI", () => expect(parseRunLog(log(run), "run.json")).toEqual(expected));

  test("with its input as a text", () => {
    const payload = { ...run, input: '{ "cart": {"lines": []} }' };
    expect(parseRunLog(log(payload), "run.json")).toEqual(expected);
  });

  test("as the platform answers: snake_case, the payload a text", () => {
    const { inputBytes, fuelConsumed, functionId, ...rest } = run;
    const payload = {
      ...rest,
      input_bytes: inputBytes,
      fuel_consumed: fuelConsumed,
      function_id: functionId,
    };
    const text = JSON.stringify({ payload: JSON.stringify(payload), log_type: "function_run" });
    expect(parseRunLog(text, "run.json")).toEqual(expected);
  });

  test("keeps what the input says, byte by byte", () => {
    const text = '{"logType":"function_run","payload":{"input":{"b":1.0,"10":12345678901234567890,"a":1e5}}}';
    expect(parseRunLog(text, "run.json")).toEqual({
      input: '{"b":1.0,"10":12345678901234567890,"a":1e+5}',
      export: null,
      replayed: { fuel: null, inputBytes: null },
    });
  });

  test("that says no fuel that can be", () => {
    for (const fuelConsumed of [-1, 1.5, "512345", null])
      expect(parseRunLog(log({ ...run, fuelConsumed }), "run.json").replayed.fuel).toBeNull();
  });
});

describe("refused", () => {
  const problems: readonly (readonly [what: string, text: string, message: string])[] = [
    ["no JSON", "{", "run.json is not JSON"],
    [
      "another document",
      '{"cart":1}',
      "run.json is not the log of a function's run: it has no payload with an input",
    ],
    [
      "an input that is left out",
      log({ ...run, input: null }),
      "run.json does not have the function's input in it",
    ],
    ["an input that is no JSON", log({ ...run, input: "{cut" }), "the input in run.json is not JSON"],
    [
      "a log of something else",
      log({}, { logType: "function_network_access.request_execution" }),
      "run.json is a log of function_network_access.request_execution, not of a function's run",
    ],
  ];
  test.each(problems)("%s", (_, text, message) => {
    expect(() => parseRunLog(text, "run.json")).toThrow(message);
  });
});
