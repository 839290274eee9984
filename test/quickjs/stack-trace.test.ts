import { expect, test } from "vitest";
import { lastTrace } from "../../src/quickjs/stack-trace.ts";

test("message and frames of the last trace, innermost first", () => {
  const text = [
    "a line of the program's own",
    "Error: boom 3",
    "    at inner (function.mjs:2:44)",
    "    at map (native)",
    "    at <anonymous> (function.mjs:9:1)",
    "",
  ].join("\n");
  expect(lastTrace(text)).toEqual({
    message: "Error: boom 3",
    frames: [
      { function: "inner", file: "function.mjs", line: 2, column: 44 },
      { function: "map", file: null, line: null, column: null },
      { function: "<anonymous>", file: "function.mjs", line: 9, column: 1 },
    ],
  });
});

test("a thrown value that is no Error has a message and no frames", () => {
  expect(lastTrace("[object Object]\n")).toEqual({ message: "[object Object]", frames: [] });
});

test("nothing on stderr is no trace", () => expect(lastTrace("\n")).toBeNull());
