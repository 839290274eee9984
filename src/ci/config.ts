/**
 * The configuration as a user writes it: one schema, from which come the types, the check, the words for what is wrong
 * (an unknown key with what was perhaps meant) and the JSON schema that ships as javy-prof/config.schema.json. Paths are
 * relative to the configuration's folder. What it means is worked out in budget.ts, tolerance.ts and scenario.ts.
 */
import * as v from "valibot";
import { usageError } from "../base/diagnostics.ts";
import { nearest } from "../base/nearest.ts";
import { countOf } from "../base/numbers.ts";
import { millionthsOf } from "./percent.ts";
import { toleranceOf } from "./tolerance.ts";

/** An object that has no other keys. */
export function closed<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, ({ expected, received }) => {
    // an unknown key is received where nothing is expected
    if (expected !== "never") return `takes ${expected}, not ${received}`;
    const key = JSON.parse(received) as string;
    const meant = nearest(key, Object.keys(entries));
    return meant === undefined
      ? `there is no ${received}; known: ${Object.keys(entries).join(", ")}`
      : `there is no ${received}: did you mean ${JSON.stringify(meant)}?`;
  });
}

/** A key that may be left out, with what it means. */
export function maybe<const T extends v.GenericSchema>(schema: T, meaning: string) {
  return v.exactOptional(v.pipe(schema, v.description<v.InferOutput<T>, string>(meaning)));
}

export const text = (what: string) =>
  v.pipe(
    v.string(({ received }) => `takes ${what}, not ${received}`),
    v.nonEmpty("is empty"),
  );
const texts = (what: string) =>
  v.union(
    [text(what), v.array(text(what))],
    ({ received }) => `takes ${what}, or a list of them, not ${received}`,
  );

/** A whole number, or a text that is one of what `takes` says. */
function figure(takes: string, isFigure: (text: string) => boolean) {
  const wrong = ({ input }: v.BaseIssue<unknown>) => `takes ${takes}, not ${shown(input)}`;
  return v.union(
    [
      v.pipe(v.number(), v.safeInteger(wrong), v.minValue(0, wrong)),
      v.pipe(v.string(), v.check(isFigure, wrong)),
    ],
    wrong,
  );
}

const isCount = (text: string): boolean => countOf(text) !== undefined;
export const count = figure('fuel (2000000, "2M", "500k")', isCount);
/** What a budget may be: see `amountOf`. */
export const amount = figure(
  'fuel (2000000, "2M", "500k") or percent of the limit ("80%")',
  (text) => isCount(text) || millionthsOf(text) !== undefined,
);
const tolerance = figure('"0.5%", "+500", or both ("0.5% +500")', (text) => toleranceOf(text) !== undefined);

const functionBudget = v.union(
  [
    amount,
    closed({
      total: maybe(amount, "fuel of the function and all that it called"),
      self: maybe(amount, "fuel of the function itself, callees excluded"),
      perCall: maybe(amount, "the most that one call costs itself, callees excluded"),
    }),
  ],
  ({ input, issues }) =>
    issues?.find(({ expected }) => expected === "never")?.message ??
    `takes fuel, percent of the limit, or an object of total, self and perCall, not ${shown(input)}`,
);

const budgets = closed({
  total: maybe(amount, "fuel of the whole run"),
  startup: maybe(amount, "fuel before the first function of the program runs"),
  functions: maybe(
    v.record(v.string(), functionBudget),
    "by name, or file:name; * stands for any text. An amount alone is the function's total",
  ),
  lines: maybe(v.record(v.string(), amount), "by file:line"),
});

/** What a scenario may say and the configuration may say for all of them. */
const common = {
  entry: maybe(text("a path"), "the program: app.js, or a module (app.wasm)"),
  plugin: maybe(text("a path"), "the Javy plugin that the program runs on"),
  source: maybe(text("a path"), "the JavaScript that a module without lines was built from"),
  sourceMap: maybe(
    text("a path"),
    "the source map of JavaScript that a bundler wrote, or none; default: what the code names, or <entry>.map",
  ),
  export: maybe(text("a name"), "the export to call; a fixture names its own"),
  fuelModel: maybe(text("a fuel model"), "wasmtime-<major>, or the path of a cost table (*.json)"),
  limits: maybe(text("a preset"), "shopify, shopify:<scale>, none, or the path of a file of limits (*.json)"),
  schemaPath: maybe(
    text("a path"),
    "a Shopify function's schema: with queryPath, its @scaleLimits raise the limits",
  ),
  queryPath: maybe(text("a path"), "the input query of a Shopify function"),
  maxFuel: maybe(count, "fuel past which a run is stopped"),
  budgets: maybe(budgets, "what the runs may cost"),
};

const scenario = closed({
  name: maybe(text("a name"), "default: the name of the input's file"),
  input: maybe(
    texts("a path or a glob"),
    "files that are the guest's stdin, one scenario each; ! in front excludes",
  ),
  fixtures: maybe(
    texts("a path or a glob"),
    "Shopify's test fixtures (tests/fixtures/*.json): payload.input is the input, payload.export the export",
  ),
  replay: maybe(
    texts("a path or a glob"),
    "logs of Shopify's function runs (.shopify/logs/*.json): payload.input is the input, payload.export the export; limits: shopify",
  ),
  args: maybe(v.array(v.string()), "arguments of the guest"),
  ...common,
});

export const configSchema = closed({
  $schema: v.exactOptional(v.string()),
  build: maybe(text("a command"), "a command that builds the programs, run in a shell beforehand"),
  snapshot: maybe(text("a path"), "the snapshot's file; default .fuel-snapshot"),
  tolerance: maybe(
    tolerance,
    'how much dearer a run may be than its snapshot: "0.5%", "+500", or both: the larger one; default 0',
  ),
  ignore: maybe(v.array(text("a glob")), "globs of source files whose functions are not listed one by one"),
  ...common,
  scenarios: v.pipe(
    v.array(scenario, ({ received }) => `takes a list of scenarios, not ${received}`),
    v.minLength(1, "is empty: there is nothing to run"),
  ),
});

export type Config = v.InferOutput<typeof configSchema>;
export type ScenarioConfig = Config["scenarios"][number];
export type BudgetsConfig = NonNullable<Config["budgets"]>;
export type AmountConfig = v.InferOutput<typeof amount>;

/** Checks a configuration; `file` is what errors call it. @throws Diagnostic (usage) with everything that is wrong. */
export function parseConfig(value: unknown, file: string): Config {
  return parseBy(configSchema, value, file);
}

/** What a schema says of a value; `name` is what errors call it. @throws Diagnostic (usage) with everything that is wrong. */
export function parseBy<const T extends v.GenericSchema>(
  schema: T,
  value: unknown,
  name: string,
): v.InferOutput<T> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => `${pathOf(issue)}${wordsOf(issue)}`);
  const [first = "", ...others] = problems;
  throw usageError(`${name}: ${first}`, ...others);
}

type Issue = v.BaseIssue<unknown>;

/** `scenarios[0].budgets: `; of an unknown key the object that has it. */
function pathOf({ path, expected }: Issue): string {
  const keys = (path ?? []).map(({ key }) => key);
  if (expected === "never") keys.pop();
  const shown = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return shown === "" ? "" : `${shown.replace(/^\./, "")} `;
}

/** A key that is missing has no words of its own. */
function wordsOf({ type, expected, received, message, path }: Issue): string {
  const key = path?.at(-1)?.key;
  if (type === "strict_object" && received === "undefined" && key !== undefined)
    return expected === "never" ? message : `is missing`;
  return message;
}

function shown(input: unknown): string {
  return JSON.stringify(input) ?? String(input);
}
