/**
 * The functions of a Shopify extension, as its shopify.extension.toml describes them: targets with the export and the input
 * query of each, and how the module is built. Extensions of other types are left out.
 * Source: shopify.dev, "Function configuration" (api/functions/configuration); @shopify/cli's function specification, which
 * takes an empty build command for none and dist/index.wasm where no path is given.
 */
import { parse } from "smol-toml";
import { usageError } from "../../base/diagnostics.ts";

export const extensionFile = "shopify.extension.toml";

export interface FunctionTarget {
  /** The export of the module; null: _start. */
  readonly export: string | null;
  /** The path of its input query; null where it has none. */
  readonly query: string | null;
}

export interface FunctionExtension {
  /** For people: its handle, or its name. */
  readonly name: string;
  /** What its build command is; null where the platform's command line builds it. */
  readonly build: string | null;
  /** The module that the build writes. */
  readonly module: string;
  /** At least one. */
  readonly targets: readonly FunctionTarget[];
}

/** Paths are relative to the file's folder. @throws Diagnostic (usage) where the text is not TOML. */
export function functionExtensions(text: string): FunctionExtension[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    const [first = ""] = (error as Error).message.split("\n");
    throw usageError(`${extensionFile} is not TOML: ${first}`);
  }
  const listed = tables(member(document, "extensions"));
  // before there could be several in a file, it was the extension itself
  const all = listed.length > 0 ? listed : tables([document]);
  return all.filter(isFunction).map((extension) => {
    const build = member(extension, "build");
    const targets = tables(member(extension, "targeting"));
    return {
      name: textOf(extension, "handle") ?? textOf(extension, "name") ?? "function",
      build: textOf(build, "command"),
      module: textOf(build, "path") ?? "dist/index.wasm",
      targets: (targets.length > 0 ? targets : [{}]).map((target) => ({
        export: textOf(target, "export"),
        query: textOf(target, "input_query"),
      })),
    };
  });
}

type Table = Readonly<Record<string, unknown>>;

/** `function`, or of older files the API's name (`product_discounts`), which then has a build. */
function isFunction(extension: Table): boolean {
  const type = textOf(extension, "type");
  return type === "function" || (type !== null && member(extension, "build") !== undefined);
}

function tables(value: unknown): Table[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Table)[key]
    : undefined;
}

/** A text that is not empty. */
function textOf(value: unknown, key: string): string | null {
  const text = member(value, key);
  return typeof text === "string" && text.trim() !== "" ? text.trim() : null;
}
