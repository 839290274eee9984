/**
 * What was given, as one value: decoded once and recognised once. What lies deeper (the interpreter, the releases that
 * the engine may be, native functions, the JavaScript in it) is found when somebody first asks, and kept; so is why
 * something was not found. `run` asks and throws, `info` and `disasm` ask and list.
 */
import type { Diagnostic } from "../base/diagnostics.ts";
import { Kept } from "../base/kept.ts";
import { entryFile, type JavyModule, recognise } from "../javy/module.ts";
import type { Places } from "../quickjs/places.ts";
import { type MapData, OriginalPlaces, placesOf } from "../result/original-places.ts";
import type { EngineOrigin } from "../result/result.ts";
import type { Module } from "../wasm/types.ts";
import { builtMap } from "./built-map.ts";
import { EngineModule } from "./engine-module.ts";
import type { UnusedMap } from "./find-map.ts";
import { type Programs, programsOf } from "./held-programs.ts";
import type { LinkedModule } from "./linked.ts";
import { type Plugin, sha256Of } from "./plugin.ts";
import type { MapFound, ProgramMap } from "./program-map.ts";
import { refuseProgram } from "./refusals.ts";
import type { ProgramSource } from "./source.ts";

export interface ProgramParts {
  /** Relative with `/`, or the file's own name. */
  readonly name: string;
  /** JavaScript was given, and compiled. */
  readonly compiled: boolean;
  readonly module: Module;
  readonly kind: JavyModule;
  /** The plugin at hand for a dynamic module. */
  readonly plugin: Plugin | null;
  /** Modules that it imports from, in the order in which they are instantiated. */
  readonly linked: readonly LinkedModule[];
  /** A plugin to compile the source with, where the program needs none to run. */
  readonly compiler: Plugin | null;
  readonly source: ProgramSource | null;
  /** The source map of its file, where there is one. */
  readonly map: MapFound;
  /** The files, absolute, that its source is a bundle of. */
  readonly bundled: readonly string[];
  /** The user's javy that built it, in words. */
  readonly builtBy: string | null;
  /** Where its plugin was found, in words, that nobody gave; null for one that was given, and the embedded one. */
  readonly pluginFrom: string | null;
  /** The function index of the interpreter, where it cannot be found. */
  readonly dispatchFunction: number | undefined;
}

export class Program {
  readonly name: string;
  readonly compiled: boolean;
  readonly module: Module;
  readonly kind: JavyModule;
  readonly plugin: Plugin | null;
  readonly linked: readonly LinkedModule[];
  readonly compiler: Plugin | null;
  readonly source: ProgramSource | null;
  readonly bundled: readonly string[];
  readonly builtBy: string | null;
  /** A source map that was found and is of no use. */
  readonly unusedMap: UnusedMap | null;
  readonly pluginFrom: string | null;
  /** The module that holds the engine: the plugin's, or the program's own. Null where the plugin is not at hand. */
  readonly engine: EngineModule | null;
  /** The JavaScript that it carries, read without running it. */
  readonly #programs: Kept<Programs>;
  readonly #sha256: Kept<string>;
  readonly #map: ProgramMap | null;
  readonly #mapData: Kept<MapData | null>;
  readonly #places: Kept<Places>;
  readonly #runnable: Kept<void>;
  readonly #hosted: Kept<void>;

  constructor(parts: ProgramParts) {
    this.name = parts.name;
    this.compiled = parts.compiled;
    this.module = parts.module;
    this.kind = parts.kind;
    this.linked = parts.linked;
    this.compiler = parts.compiler;
    this.source = parts.source;
    this.#map = parts.map.map;
    this.unusedMap = parts.map.unused;
    this.bundled = parts.bundled;
    this.builtBy = parts.builtBy;
    this.pluginFrom = parts.pluginFrom;
    const { module, kind, plugin, linked } = parts;
    // what was linked for the plugin here fits it
    const isOurs = parts.compiled && parts.builtBy === null && linked.length === 0;
    this.#runnable = new Kept(() => {
      if (!isOurs) refuseProgram(module, kind, plugin, linked, false);
    });
    this.#hosted = new Kept(() => refuseProgram(module, kind, plugin, linked, true));
    // one that does not go with the module says nothing about it
    this.plugin = plugin && this.#runnable.problem === null ? plugin : null;
    this.engine =
      kind.kind === "dynamic"
        ? (this.plugin?.engine ?? null)
        : new EngineModule(new Kept(() => module), parts.dispatchFunction);
    this.#programs = new Kept(() => programsOf(this));
    this.#mapData = new Kept(() => this.#map && { ...this.#map.data, compiled: this.#mappedFile });
    this.#places = new Kept(() => placesOf(entryFile, this.entryName(), this.map, this.#map?.parsed));
    this.#sha256 = new Kept(() => sha256Of(module.bytes));
  }

  /** A module by itself: with no plugin, source or map beside it. */
  static of(module: Module, name: string): Program {
    return new Program({
      ...{ name, module, kind: recognise(module), map: { map: null, unused: null } },
      ...{ compiled: false, plugin: null, linked: [], compiler: null, source: null, bundled: [] },
      ...{ builtBy: null, pluginFrom: null, dispatchFunction: undefined },
    });
  }

  get bytes(): Uint8Array {
    return this.module.bytes;
  }

  get sha256(): string {
    return this.#sha256.value;
  }

  /**
   * What the file is shown as that the bytecode calls `function.mjs`: the program's own name where it was compiled here, else
   * that. `name`: what the program is called, where that is not its own name.
   */
  entryName(name = this.name): string {
    return this.compiled ? name : entryFile;
  }

  /** The serialized program, where there is one. */
  get payload(): Uint8Array | null {
    const { kind } = this;
    return kind.kind === "dynamic" || kind.kind === "static" ? kind.payload : null;
  }

  /** Whose engine it runs on; null where the plugin is not at hand. */
  get engineFrom(): EngineOrigin | null {
    if (this.kind.kind === "dynamic") return this.plugin?.origin ?? null;
    return "static";
  }

  /** The source map of its file; null where there is none. */
  get map(): MapData | null {
    return this.#mapData.value;
  }

  /** The file that a map is for, as the bytecode names it: Javy's, or that of the first program in another module. */
  get #mappedFile(): string {
    if (this.kind.kind !== "other") return entryFile;
    const files = this.programs.held.map(({ unit }) => unit.functions[0]!.file);
    return files.find((file) => file !== "" && !file.startsWith("<")) ?? entryFile;
  }

  /** The source map of the JavaScript in it, for a file (an absolute path) beside the module; null where there is none. */
  mapFor(file: string): string | null {
    return this.#map && this.source ? builtMap(this.#map, this.source.text, file) : null;
  }

  /** Where its code stands for the user. `name`: what its entry file is called, by default the program's name. */
  places(name = this.name): Places {
    if (name !== this.name) return placesOf(entryFile, this.entryName(name), this.map, this.#map?.parsed);
    return this.#places.value;
  }

  /** The text of a file that its places name; undefined where it is not at hand. `name` as there. */
  sourceOf(file: string, name = this.name): string | undefined {
    const places = this.places(name);
    if (places instanceof OriginalPlaces) return places.sourceOf(file) ?? this.#map!.sourceFile(file);
    return file === this.entryName(name) ? this.source?.text : undefined;
  }

  get programs(): Programs {
    return this.#programs.value;
  }

  /** Why it cannot be run, or null. `hosted`: a host that the user made gives it whatever it imports. */
  refusal(hosted = false): Diagnostic | null {
    return (hosted ? this.#hosted : this.#runnable).problem;
  }
}
