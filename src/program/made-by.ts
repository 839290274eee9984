/**
 * What made a module that has no QuickJS in it, for who gave it to a profiler of QuickJS: by its producers sections, its
 * imports and its exports, and what to do with such a module here. What does not tell is not guessed.
 */
import { functionNames } from "../wasm/names.ts";
import { type Producer, producersOf } from "../wasm/producers.ts";
import { giveTheProgram, isStarlingMonkey } from "../wasm/starling-monkey.ts";
import type { Module } from "../wasm/types.ts";

export interface MadeBy {
  /** `Go 1.26.8`, `AssemblyScript`. */
  readonly what: string;
  /** Whether QuickJS may be in it all the same: Rust and C embed it. */
  readonly mayHold: boolean;
  /** What to do, a line each. */
  readonly advice: readonly string[];
}

interface Maker {
  readonly what: (facts: Facts) => string | null;
  readonly mayHold?: true;
  /** How its modules keep the names of functions. */
  readonly names: string;
  /** What else there is to say. */
  readonly advice?: (facts: Facts) => readonly string[];
}

interface Facts {
  readonly producers: readonly Producer[];
  readonly imports: ReadonlySet<string>;
  readonly exports: ReadonlySet<string>;
}

/** The most telling first: Rust is in many engines, C in everything. */
const makers: readonly Maker[] = [
  {
    what: ({ exports }) => (isStarlingMonkey((name) => exports.has(name)) ? spiderMonkey : null),
    names: "",
    advice: () => forSpiderMonkey,
  },
  {
    what: (facts) => named(facts, "processed-by", /^TinyGo$/, "TinyGo"),
    names: "tinygo build without -no-debug",
  },
  {
    what: (facts) => named(facts, "language", /^Go$/, "Go"),
    names: "go build without -ldflags=-s",
    advice: ({ imports }) =>
      [...imports].some((name) => /^(gojs|go) /.test(name))
        ? ["it is built for browsers (GOOS=js): GOOS=wasip1 GOARCH=wasm go build"]
        : [],
  },
  {
    what: ({ imports, exports }) =>
      ["__new", "__pin", "__collect"].every((name) => exports.has(name)) || imports.has("env abort")
        ? "AssemblyScript, by its imports and exports"
        : null,
    names: "asc --debug",
    advice: ({ imports }) =>
      imports.has("env abort") ? ["its import env.abort wants a host: --host (docs/hosts.md)"] : [],
  },
  {
    what: (facts) => named(facts, "processed-by", /^wasm-bindgen$/, "Rust with wasm-bindgen"),
    names: "strip = false in the profile of Cargo.toml",
    advice: () => [
      "it is made for a JavaScript host: build it for wasm32-wasip1, or give it its imports with --host",
    ],
  },
  {
    what: (facts) => named(facts, "processed-by", /^rustc$/, "Rust, rustc"),
    mayHold: true,
    names: "strip = false in the profile of Cargo.toml",
  },
  {
    what: (facts) => named(facts, "processed-by", /^clang/, "C or C++, clang"),
    mayHold: true,
    names: "link without -s (--strip-all)",
  },
];

const spiderMonkey = "JavaScript in SpiderMonkey, as ComponentizeJS makes it";

const forSpiderMonkey = [
  "its JavaScript runs in SpiderMonkey, whose functions are not told apart here: this profiler is for QuickJS",
  giveTheProgram,
];

/** What made a module; null where nothing tells. */
export function madeBy(module: Module): MadeBy | null {
  const facts: Facts = {
    producers: producersOf(module),
    imports: new Set(module.imports.map((entry) => `${entry.module} ${entry.name}`)),
    exports: new Set(module.exports.map(({ name }) => name)),
  };
  for (const { what, mayHold = false, names, advice } of makers) {
    const found = what(facts);
    if (found === null) continue;
    const nameless = names !== "" && functionNames(module).size === 0;
    return {
      what: found,
      mayHold,
      advice: [
        ...(names === "" ? [] : ["its WebAssembly functions are profiled with --frames wasm"]),
        ...(nameless ? [`it has no function names, so that they are numbers: ${names}`] : []),
        ...(advice?.(facts) ?? []),
      ],
    };
  }
  return null;
}

function named({ producers }: Facts, field: string, name: RegExp, what: string): string | null {
  const found = producers.find((one) => one.field === field && name.test(one.name));
  // `go1.26.8`, `1.80.0 (051478957 2024-07-21)`
  const version = /\d[\w.]*/.exec(found?.version ?? "")?.[0];
  return found ? [what, ...(version ? [version] : [])].join(" ") : null;
}
