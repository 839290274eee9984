/**
 * The producers sections of a module: which languages it was written in, and which tools made it, by their own words
 * (github.com/WebAssembly/tool-conventions, ProducersSection.md). A module may have several: each tool may add its own.
 */
import type { ByteReader } from "../base/bytes.ts";
import { Diagnostic } from "../base/diagnostics.ts";
import { customSections } from "./sections.ts";
import type { Module } from "./types.ts";

export interface Producer {
  /** `language`, `processed-by` or `sdk`. */
  readonly field: string;
  readonly name: string;
  /** "" where it says none. */
  readonly version: string;
}

/** What the sections say, in their order; a damaged section says what it says up to there. */
export function producersOf(module: Module): Producer[] {
  return customSections(module, "producers").flatMap((reader) => [...readProducers(reader)]);
}

function* readProducers(reader: ByteReader): Generator<Producer> {
  try {
    for (let fields = reader.leb(); fields > 0; fields--) {
      const field = reader.name();
      for (let values = reader.leb(); values > 0; values--)
        yield { field, name: reader.name(), version: reader.name() };
    }
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
  }
}
