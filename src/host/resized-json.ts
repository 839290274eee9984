/**
 * A JSON document of another size: the arrays at some paths with n elements each, cut, or repeated from their beginning.
 * Numbers and keys stay as they were written; spaces between values go.
 *
 *   cart.lines                      a key in a key
 *   carts[0].lines, carts.0.lines   in an element
 *   carts[*].lines, carts.*.lines   in every element
 *   cart["a.b"]                     a key of any text
 *   .                               the document itself
 */
import { usageError } from "../base/diagnostics.ts";
import { nearest } from "../base/nearest.ts";
import { compactJson, isArray, isObject, type Json, parseGivenJson } from "./shopify/exact-json.ts";

export interface ResizableJson {
  /** Elements that the array of each path has as it was given; of several arrays the most. */
  readonly lengths: readonly number[];
  /** The document with n elements in each of them. */
  withElements(n: number): string;
}

type Step = string | number | "*";

/** `name` is what errors call the text. @throws Diagnostic (usage) where it is no JSON, or a path is to no array with elements. */
export function resizableJson(text: string, name: string, paths: readonly string[]): ResizableJson {
  const document = parseGivenJson(text, name);
  if (paths.length === 0)
    throw usageError("which array is to grow? Name it with --path", ...arraysIn(document));
  const parsed = paths.map((path) => ({ path, steps: stepsOf(path) }));
  // what lies in the elements of another first, as there may be none of these afterwards
  const innerFirst = [...parsed].sort((a, b) => b.steps.length - a.steps.length);
  const lengths = parsed.map(({ path, steps }) => {
    const found: number[] = [];
    replaced(document, steps, path, document, (array) => {
      found.push(array.length);
      return array;
    });
    const most = Math.max(0, ...found);
    if (most === 0) throw usageError(`${path} has no element in ${name} that could be repeated`);
    return most;
  });
  return {
    lengths,
    withElements: (n) =>
      compactJson(
        innerFirst.reduce(
          (value, { path, steps }) => replaced(value, steps, path, document, (array) => repeated(array, n)),
          document,
        ),
      ),
  };
}

function repeated(array: readonly Json[], n: number): readonly Json[] {
  // one that was empty beside others has nothing to repeat
  return array.length === 0 ? array : Array.from({ length: n }, (_, i) => array[i % array.length]!);
}

/** @throws Diagnostic (usage). */
function stepsOf(path: string): Step[] {
  if (path === "." || path === "") return [];
  const steps: Step[] = [];
  const step = /(?:^|\.)([^.[\]"]+)|\[(?:(\d+)|(\*)|("(?:[^"\\]|\\.)*"))\]/y;
  while (step.lastIndex < path.length) {
    const [, key, index, every, quoted] = step.exec(path) ?? [];
    if (key !== undefined) steps.push(key);
    else if (index !== undefined) steps.push(Number(index));
    else if (every !== undefined) steps.push("*");
    else if (quoted !== undefined) steps.push(JSON.parse(quoted) as string);
    else
      throw usageError(
        `${JSON.stringify(path)} is no path`,
        'paths look like this: cart.lines, carts[0].lines, carts[*].lines, cart["a.b"]',
      );
  }
  return steps;
}

/** The value with the arrays at the end of the steps changed. */
function replaced(
  value: Json,
  [step, ...rest]: readonly Step[],
  path: string,
  document: Json,
  change: (array: readonly Json[]) => readonly Json[],
): Json {
  const go = (inner: Json) => replaced(inner, rest, path, document, change);
  if (step === undefined) {
    if (isArray(value)) return change(value);
    throw usageError(`${path} is no array: it is ${kindOf(value)}`, ...arraysIn(document));
  }
  if (isArray(value)) {
    if (step === "*") return value.map(go);
    const index = Number(step);
    if (Number.isInteger(index) && index < value.length)
      return value.map((one, i) => (i === index ? go(one) : one));
    throw usageError(
      `${path}: there is no element ${step} in an array of ${value.length}`,
      ...arraysIn(document),
    );
  }
  const key = String(step);
  if (isObject(value) && value.has(key))
    return new Map([...value].map(([name, one]) => [name, name === key ? go(one) : one]));
  const meant = isObject(value) ? nearest(key, [...value.keys()]) : undefined;
  throw usageError(
    `${path}: there is no ${JSON.stringify(key)}${isObject(value) ? "" : ` in ${kindOf(value)}`}`,
    ...(meant === undefined ? arraysIn(document) : [`did you mean ${JSON.stringify(meant)}?`]),
  );
}

function kindOf(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return "a text";
  return isArray(value) ? "an array" : isObject(value) ? "an object" : "a number";
}

/** Arrays that are named in an error. */
const mostNamed = 12;

/** Where the arrays of a document are, the outer ones first; below an array its first element is looked at. */
function arraysIn(document: Json): string[] {
  const found: string[] = [];
  let level: (readonly [path: string, value: Json])[] = [["", document]];
  while (level.length > 0) {
    const next: [string, Json][] = [];
    for (const [path, value] of level)
      if (isArray(value)) {
        found.push(`${path === "" ? "." : path} (${value.length})`);
        if (value[0] !== undefined) next.push([`${path}[*]`, value[0]]);
      } else if (isObject(value))
        for (const [key, one] of value) {
          const isPlain = /^[^.[\]"]+$/.test(key);
          next.push([
            isPlain ? `${path}${path === "" ? "" : "."}${key}` : `${path}[${JSON.stringify(key)}]`,
            one,
          ]);
        }
    level = next;
  }
  if (found.length === 0) return ["there is no array in it"];
  const more = found.length > mostNamed ? `, and ${found.length - mostNamed} more` : "";
  return [`arrays in it, with their lengths: ${found.slice(0, mostNamed).join(", ")}${more}`];
}
