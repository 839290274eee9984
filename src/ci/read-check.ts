/** Reads the document of a check and refuses what is none. A file is someone's input, so what is wrong with it is a usage error. */
import { usageError } from "../base/diagnostics.ts";
import { functionKinds } from "../result/result.ts";
import { type Members, mismatch, orNull } from "../result/shape.ts";
import { type CheckDocument, statuses } from "./check-document.ts";
import { functionFates } from "./diff.ts";

const costs = new Set(["total", "startup", "self", "perCall", "line", "limit"]);
const change: Members = { base: "number", head: "number" };
const place: Members = { file: "string?", line: "number?" };
const counted: Members = { name: "string", ...change, baseCount: "number", headCount: "number" };

const verdict: Members = {
  ...{ scenario: "string", status: new Set(statuses), failure: "string?" },
  ...{ base: "number?", total: "number?", limit: "number?", tolerance: "number", kept: "number" },
  over: [{ path: "string", name: "string", cost: costs, ...place, used: "number", atMost: "number" }],
  dearest: [{ name: "string", ...place, calls: "number", self: "number" }],
  diff: {
    [orNull]: {
      ...change,
      toolchain: ["string"],
      functions: [
        {
          ...{
            fate: new Set(functionFates),
            name: "string",
            kind: new Set(functionKinds),
            ...place,
            ...change,
          },
          was: { [orNull]: { name: "string", file: "string?" } },
          ...{ baseCalls: "number", headCalls: "number", lines: [{ ...place, ...change }] },
        },
      ],
      opcodes: { [orNull]: [counted] },
      natives: { [orNull]: [counted] },
    },
  },
};

const document: Members = {
  ...{ schemaVersion: "number", kind: new Set(["check"]), exact: "boolean" },
  tool: { name: new Set(["javy-prof"]), version: "string" },
  scenarios: [verdict],
};

/** `name` is what errors call it. @throws Diagnostic (usage). */
export function parseCheck(text: string, name: string): CheckDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(`${name} is not JSON: ${(error as Error).message}`);
  }
  const wrong = mismatch(value, document, "");
  if (wrong !== null)
    throw usageError(`${name} is not a check: ${wrong}`, "write one with: javy-prof check --json");
  const { schemaVersion } = value as { readonly schemaVersion: number };
  if (schemaVersion !== 1)
    throw usageError(`${name} has schemaVersion ${schemaVersion}; this javy-prof reads 1`);
  return value as CheckDocument;
}
