/**
 * The monitor module while it is linked: its exports answer which places are wanted, and what `@static` calls give. This
 * instance runs nothing of the script besides, and what its libraries keep is thrown away with it.
 */

import { decodeText, encodeText } from "../../base/bytes.ts";
import { usageError } from "../../base/diagnostics.ts";
import type { Value } from "../language-types.ts";
import { supportBytes } from "../support/library.ts";
import { hostModule, libraryModule, monitorTexts, supportModule } from "../targets/calls.ts";
import type { StaticCalls } from "../targets/user-library.ts";

type Exports = Record<string, (...args: unknown[]) => unknown>;

export class LinkInstance {
  readonly #module: Uint8Array;
  readonly #libraries: StaticCalls;
  readonly #names: readonly string[];
  #exports: Exports | undefined;
  #support: Exports | undefined;

  /** `libraries`: those that the script uses by name, as they were while it was compiled. */
  constructor(module: Uint8Array, libraries: StaticCalls, names: readonly string[]) {
    this.#module = module;
    this.#libraries = libraries;
    this.#names = names;
  }

  readonly call = (library: string, name: string, args: readonly Value[]): Value | undefined => {
    this.#exports ??= this.#instantiate();
    const call = this.#exports[name]!;
    let result: unknown;
    try {
      result = call(...args.map((arg) => this.#passed(arg)));
    } catch (error) {
      throw usageError(
        `what is known of a place before the program runs could not be asked: ${(error as Error).message}`,
      );
    }
    if (library === monitorTexts && typeof result === "number" && result >= 0) return this.#text(result);
    return typeof result === "number" || typeof result === "bigint" ? result : [];
  };

  #passed(value: Value): unknown {
    if (typeof value === "boolean") return Number(value);
    return typeof value === "string" ? stringNumber(this.#support!, value) : value;
  }

  #text(number: number): string {
    const support = this.#support!;
    const [at, length] = [support["str_addr"]!(number) as number, support["str_len"]!(number) as number];
    const memory = support["memory"] as unknown as WebAssembly.Memory;
    return decodeText(new Uint8Array(memory.buffer, at, length));
  }

  #instantiate(): Exports {
    const exportsOf = (bytes: Uint8Array, imports: WebAssembly.Imports) =>
      new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports).exports;
    const support = exportsOf(supportBytes(), {});
    this.#support = support as Exports;
    const libraries = this.#names.map((name) => [
      libraryModule(name),
      this.#libraries.exports(name) ?? support,
    ]);
    return exportsOf(this.#module, {
      ...(Object.fromEntries(libraries) as WebAssembly.Imports),
      [supportModule]: support as WebAssembly.ModuleImports,
      [hostModule]: { copy: () => {}, size: () => 0 },
    }) as Exports;
  }
}

/** The number of a text among the strings of a support library, eight bytes at a time, lowest first. */
export function stringNumber(support: Readonly<Record<string, unknown>>, text: string): number {
  const { str_push: push, str_done: done } = support as Record<string, (...args: unknown[]) => number>;
  const bytes = encodeText(text);
  for (let at = 0; at < bytes.length; at += 8) {
    const piece = bytes.subarray(at, at + 8);
    push!(
      piece.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n),
      piece.length,
    );
  }
  return done!();
}
