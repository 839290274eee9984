/**
 * JSON that keeps what JSON.parse loses: the order of keys (JavaScript moves "1" before "b") and how a number is
 * written (1.0, 12345678901234567890). It is as serde_json reads it with `preserve_order` and `arbitrary_precision`,
 * because Shopify's function-runner uses that, and guest fuel depends on every byte of the input.
 * test/host/shopify/exact-json.test.ts holds it against that crate's own answers.
 */
import { usageError } from "../../base/diagnostics.ts";

/** A number, by its text: the exponent as `e+5` or `e-5`, everything else as written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

/** Nesting that serde_json takes. */
const deepest = 127;

/** Parses a document. @throws SyntaxError, as JSON.parse does, and where serde_json refuses what JSON.parse takes. */
export function parseJson(text: string): Json {
  // What is wrong with malformed text, it says better; from here on the text is known to be JSON.
  JSON.parse(text);
  return new Parser(text).document();
}

/** Parses a document that the user gave; `name` is what the error calls it. @throws Diagnostic (usage). */
export function parseGivenJson(text: string, name: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    throw usageError(`${name} is not JSON: ${(error as Error).message}`);
  }
}

/** One token; whitespace before it is skipped. Sufficient because the text is known to be JSON. */
const token = /\s*("(?:[^"\\]|\\.)*"|[-\d][-+.\deE]*|true|false|null|[[\]{}:,])/y;

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    return this.#value(this.#next());
  }

  #next(): string {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)![1]!;
    this.#at = token.lastIndex;
    return found;
  }

  #value(start: string): Json {
    switch (start[0]) {
      case "n":
        return null;
      case "t":
        return true;
      case "f":
        return false;
      case '"':
        return this.#string(start);
      case "[":
        return this.#nested(() => this.#array());
      case "{":
        return this.#nested(() => this.#object());
      default:
        return new JsonNumber(start.replace(/[eE]\+?/, "e+").replace("e+-", "e-"));
    }
  }

  #string(source: string): string {
    const value = JSON.parse(source) as string;
    if (/\p{Surrogate}/u.test(value)) throw new SyntaxError(`Lone surrogate in string ${source}`);
    return value;
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > deepest) throw new SyntaxError(`JSON is nested deeper than ${deepest} levels`);
    const value = parse();
    this.#depth -= 1;
    return value;
  }

  #array(): readonly Json[] {
    const items: Json[] = [];
    for (let next = this.#next(); next !== "]"; next = this.#next()) {
      if (next !== ",") items.push(this.#value(next));
    }
    return items;
  }

  #object(): JsonObject {
    // A key that is given twice keeps its first place and its last value, here as in serde_json.
    const entries = new Map<string, Json>();
    for (let next = this.#next(); next !== "}"; next = this.#next()) {
      if (next === ",") continue;
      this.#next(); // the colon
      entries.set(this.#string(next), this.#value(this.#next()));
    }
    return entries;
  }
}

/** Prints without spaces; `text` writes a string (default: as JSON.stringify does). */
export function compactJson(value: Json, text: (value: string) => string = quoted): string {
  if (typeof value === "string") return text(value);
  if (value instanceof JsonNumber) return value.text;
  if (isArray(value)) return `[${value.map((item) => compactJson(item, text)).join(",")}]`;
  if (isObject(value))
    return `{${[...value].map(([key, item]) => `${text(key)}:${compactJson(item, text)}`).join(",")}}`;
  return String(value);
}

/** Prints for people: two spaces a level. */
export function prettyJson(value: Json, indent = ""): string {
  const inner = `${indent}  `;
  const lines = isArray(value)
    ? value.map((item) => inner + prettyJson(item, inner))
    : isObject(value)
      ? [...value].map(([key, item]) => `${inner}${quoted(key)}: ${prettyJson(item, inner)}`)
      : [];
  if (lines.length === 0) return compactJson(value);
  const [open, close] = isArray(value) ? "[]" : "{}";
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

const quoted = (value: string): string => JSON.stringify(value);

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}
