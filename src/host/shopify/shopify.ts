/**
 * Shopify Functions: how its plugins of every generation take input and give output, as Shopify's function-runner
 * (9.2) hands them over, so that the guest's fuel equals its `instructions`.
 *
 *   generation                                         input         through
 *   javy_quickjs_provider_v1..3 (also Javy's own)      JSON          WASI stdin, stdout, stderr
 *   shopify_functions_javy_v1                          JSON          the same
 *   shopify_functions_javy_v2, shopify_function_v1     MessagePack   the same
 *   shopify_functions_javy_v3 and later,               MessagePack   the plugin's memory: `initialize(length)` gives the
 *   shopify_function_v2 and later                                    place for it; `finalize()` six words: address and
 *                                                                    length of the output and of both parts of the logs
 */
import { unsupported, usageError } from "../../base/diagnostics.ts";
import { pluginFamilies } from "../../javy/plugin-families.ts";
import { signature, typeText } from "../../wasm/type-text.ts";
import type { Module } from "../../wasm/types.ts";
import type { Host, PlatformFacts, Streams } from "../host.ts";
import { compactJson, type Json, parseJson, prettyJson } from "./exact-json.ts";
import { shopifyLimits } from "./limits.ts";
import { decodeMessagePack, encodeMessagePack } from "./messagepack.ts";

export interface ShopifyGeneration {
  /** The plugin's namespace, for people. */
  readonly namespace: string;
  readonly format: "json" | "messagepack";
  readonly through: "wasi" | "memory";
  /** The name says Shopify; Javy's own plugins were called javy_quickjs_provider too. */
  readonly certain: boolean;
}

const versioned = (prefix: string) => new RegExp(`^${prefix}_v(\\d+)$`);

/** What functions in Rust and other languages read and write through; "0.0.1" was the first. */
const providerWithoutJavaScript = /^shopify_function_v(\d+)(?:\.\d+)*$/;

const families = [
  {
    name: versioned(pluginFamilies.provider.prefix),
    messagepack: Number.POSITIVE_INFINITY,
    memory: Number.POSITIVE_INFINITY,
  },
  { name: versioned(pluginFamilies.shopify.prefix), messagepack: 2, memory: 3 },
  { name: providerWithoutJavaScript, messagepack: 0, memory: 2 },
];

/**
 * The generation of a function, by the module names that it imports; where they say nothing, by the exports of the
 * plugin that it imports from, so that a plugin under a name of its own is known too. Null: not Shopify's.
 */
export function shopifyGeneration(
  imported: Iterable<string>,
  exported: Iterable<string> = [],
): ShopifyGeneration | null {
  const names = [...imported];
  for (const namespace of names) {
    for (const [index, family] of families.entries()) {
      const version = family.name.exec(namespace)?.[1];
      if (version === undefined) continue;
      return {
        namespace,
        format: Number(version) >= family.messagepack ? "messagepack" : "json",
        through: Number(version) >= family.memory ? "memory" : "wasi",
        certain: index > 0,
      };
    }
  }
  const exports = new Set(exported);
  if (!["initialize", "finalize", "memory"].every((name) => exports.has(name))) return null;
  return { namespace: names[0] ?? "", format: "messagepack", through: "memory", certain: true };
}

/** Whether a module of that name is what functions in Rust and other languages read and write through. */
export function isShopifyProvider(namespace: string): boolean {
  return providerWithoutJavaScript.test(namespace);
}

/** @throws Diagnostic (unsupported) where a plugin lacks what its generation's host calls. */
export function refuseIncomplete({ through, namespace }: ShopifyGeneration, plugin: Module): void {
  if (through !== "memory") return;
  const wrong = Object.entries({ initialize: "i>i", finalize: ">i" }).flatMap(([name, wanted]) => {
    const found = plugin.exports.find((one) => one.name === name && one.kind === "func");
    if (!found) return [`${name} is missing`];
    const type = plugin.functions[found.index]!;
    return typeText(plugin, type) === wanted ? [] : [`${name} is ${signature(plugin, type)}`];
  });
  if (wrong.length === 0) return;
  throw unsupported(
    `the plugin "${namespace}" does not have what its platform's host calls`,
    ...wrong,
    "supported: initialize (i32) -> (i32), finalize () -> (i32), as Shopify's plugins of generation 3 and later have",
  );
}

/** The input as the function gets it. @throws Diagnostic (usage) where it is no JSON. */
export function encodeInput(bytes: Uint8Array, format: ShopifyGeneration["format"]): Uint8Array {
  const value = readJson(bytes);
  return format === "messagepack"
    ? encodeMessagePack(value)
    : new TextEncoder().encode(compactJson(value, platformString));
}

function readJson(bytes: Uint8Array): Json {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw usageError(
      `the input is no JSON: ${(error as Error).message}`,
      "a Shopify function reads one JSON document; give it with --input <file> or through a pipe",
    );
  }
}

/** A JSON string as the platform writes it: `/` and the two line separators escaped. */
function platformString(text: string): string {
  return JSON.stringify(text)
    .replaceAll("/", "\\/")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** The output as JSON text; where it is none, the bytes as they are and the reason. */
export function decodeOutput(
  bytes: Uint8Array,
  format: ShopifyGeneration["format"],
): { readonly text: Uint8Array; readonly error: string | null } {
  try {
    const value =
      format === "messagepack"
        ? decodeMessagePack(bytes)
        : parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return { text: new TextEncoder().encode(`${prettyJson(value)}\n`), error: null };
  } catch (error) {
    return { text: bytes, error: (error as Error).message };
  }
}

/** The host for a generation, between the process's streams and the guest. */
export function shopifyHost(generation: ShopifyGeneration, outer: Streams): Host {
  return generation.through === "memory"
    ? new MemoryHost(generation, outer)
    : new PipeHost(generation, outer);
}

/** Generations over WASI: stdin is converted before the guest sees it, stdout after the guest wrote it. */
class PipeHost implements Host {
  readonly #format: ShopifyGeneration["format"];
  readonly #outer: Streams;
  readonly #output: Uint8Array[] = [];
  #input = new Uint8Array();
  #logBytes = 0;

  constructor({ format }: ShopifyGeneration, outer: Streams) {
    this.#format = format;
    this.#outer = outer;
  }

  readonly streams: Streams = {
    stdin: () => this.#input,
    write: (fd, bytes) => {
      if (fd === 2) {
        this.#logBytes += bytes.length;
        this.#outer.write(fd, bytes);
      } else this.#output.push(bytes.slice());
    },
  };

  // Also where the guest will not read it: the platform refuses such input before it runs anything.
  prepare(): void {
    this.#input = new Uint8Array(encodeInput(this.#outer.stdin(), this.#format));
  }

  finish(): PlatformFacts {
    const output = new Uint8Array(Buffer.concat(this.#output));
    return {
      inputBytes: this.#input.length,
      logBytes: this.#logBytes,
      ...hand(output, this.#format, this.#outer),
    };
  }
}

/** Generations without WASI: input, output and logs lie in the plugin's memory. */
class MemoryHost implements Host {
  readonly #format: ShopifyGeneration["format"];
  readonly #outer: Streams;
  #inputBytes = 0;

  constructor({ format }: ShopifyGeneration, outer: Streams) {
    this.#format = format;
    this.#outer = outer;
  }

  // A plugin of one's own may import WASI; what it writes there is no output of the function.
  readonly streams: Streams = {
    stdin: () => new Uint8Array(),
    write: (_fd, bytes) => this.#outer.write(2, bytes),
  };

  prepare(plugin: WebAssembly.Exports): void {
    const input = encodeInput(this.#outer.stdin(), this.#format);
    const at = (plugin["initialize"] as (length: number) => number)(input.length);
    memoryOf(plugin, at, input.length).set(input);
    this.#inputBytes = input.length;
  }

  finish(plugin: WebAssembly.Exports): PlatformFacts {
    try {
      return this.#results(plugin);
    } catch (error) {
      // After a trap the plugin may be in no state to answer; and what it answers may be nonsense.
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      const outputError = `the plugin's finalize failed: ${error.message}`;
      return { inputBytes: this.#inputBytes, outputBytes: 0, logBytes: 0, outputError };
    }
  }

  #results(plugin: WebAssembly.Exports): PlatformFacts {
    const at = (plugin["finalize"] as () => number)();
    const words = memoryOf(plugin, at, 24).slice();
    const view = new DataView(words.buffer);
    // Address and length; the logs are a ring, whose older part comes first.
    const [output, older, newer] = [0, 8, 16].map((word) =>
      memoryOf(plugin, view.getUint32(word, true), view.getUint32(word + 4, true)).slice(),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const logs = new Uint8Array(Buffer.concat([older, newer]));
    const cut = logs.length > shopifyLimits().logBytes;
    // The ring keeps one byte more than is shown, to tell that there was more.
    if (cut) this.#outer.write(2, new TextEncoder().encode("[TRUNCATED]..."));
    if (logs.length > 0) this.#outer.write(2, cut ? logs.subarray(1) : logs);
    return {
      inputBytes: this.#inputBytes,
      logBytes: logs.length,
      ...hand(output, this.#format, this.#outer),
    };
  }
}

function memoryOf(plugin: WebAssembly.Exports, at: number, length: number): Uint8Array {
  return new Uint8Array((plugin["memory"] as WebAssembly.Memory).buffer, at >>> 0, length >>> 0);
}

/** Passes the output on as JSON text, and says how large it was as the guest wrote it. */
function hand(
  output: Uint8Array,
  format: ShopifyGeneration["format"],
  to: Streams,
): Pick<PlatformFacts, "outputBytes" | "outputError"> {
  // A function that stopped early wrote none, and the run says why.
  if (output.length === 0) return { outputBytes: 0, outputError: "there is no output" };
  const { text, error } = decodeOutput(output, format);
  to.write(1, text);
  return { outputBytes: output.length, outputError: error };
}
