/**
 * From what was given to a Program: reads it, builds it where it is source, finds the plugin that it runs on. That a
 * module could not be run hinders nothing here: the Program keeps why.
 */
import { dirname, resolve } from "node:path";
import { named, usageError } from "../base/diagnostics.ts";
import type { Compiler } from "../javy/compile.ts";
import { linkDynamic } from "../javy/link.ts";
import { type JavyModule, recognise } from "../javy/module.ts";
import { SourceMap } from "../result/source-map.ts";
import { decodeModule } from "../wasm/decode.ts";
import { bundle, isForBundler } from "./bundle.ts";
import { type CompiledEntry, compileSource } from "./compile-source.ts";
import { type Entry, type Given, readEntry, readSource, type SourceEntry } from "./given.ts";
import { isStripped } from "./line-source.ts";
import { readLinked } from "./linked.ts";
import { choosePlugin, type Plugin } from "./plugin.ts";
import { compileLarge } from "./positions.ts";
import { Program } from "./program.ts";
import { type MapFound, mapOf } from "./program-map.ts";
import { type FoundPlugin, findShopifyPlugin, usesShopifyPlugin } from "./shopify-cli.ts";
import { shopifySource } from "./shopify-source.ts";
import type { ProgramSource } from "./source.ts";
import { type JavyChoice, type UserBuild, userBuild } from "./user-build.ts";

export interface OpenOptions {
  /** The folder that relative paths start from; default: the process's. */
  readonly cwd?: string;
  /** The plugin that a dynamic module imports, or to compile JavaScript with; default: the embedded one. */
  readonly plugin?: Given;
  /** Modules that the program imports from, by the names that it imports them by; each may import from those before it. */
  readonly link?: ReadonlyMap<string, Given>;
  /** The JavaScript that a module without lines was built from; default: what it carries. */
  readonly source?: Given;
  /**
   * The source map of JavaScript that another bundler wrote, or "none"; default: what the code's last comment names or
   * contains, or the file of its name with .map behind it.
   */
  readonly sourceMap?: Given | "none";
  /** The function index of the engine's interpreter, where it cannot be found. */
  readonly dispatchFunction?: number;
  /** A javy of the user's, to compile JavaScript with; default: the embedded engine. */
  readonly javy?: JavyChoice;
}

/**
 * Opens a program. @throws Diagnostic: usage where a file cannot be read or JavaScript does not compile, unsupported where
 * what was given is neither JavaScript nor a module.
 */
export async function openProgram(
  given: Given,
  { cwd = "", ...options }: OpenOptions,
  compiler: Compiler,
): Promise<Program> {
  const folder = resolve(cwd);
  const entry = await ready(await readEntry(given, folder));
  const pluginPath = typeof options.plugin === "string" ? options.plugin : undefined;
  const built =
    typeof given === "string" && options.javy
      ? await userBuild(resolve(folder, given), entry, options.javy, pluginPath)
      : null;
  const plugin = built?.plugin ?? options.plugin;
  if (entry.kind === "source" && !built) return compileEntry(entry, plugin, folder, options, compiler);
  const bytes = built?.bytes ?? (entry.kind === "wasm" ? entry.bytes : new Uint8Array());
  return readModule(entry, bytes, built, plugin, folder, options);
}

/** The entry as the compiler takes it. */
async function ready(entry: Entry): Promise<Entry> {
  if (entry.kind === "wasm") return entry;
  const shopify = entry.path === null ? null : await shopifySource(entry.path, entry.text);
  if (shopify) return { ...(await bundled(entry, entry.path!, shopify.around)), exports: shopify.exports };
  if (!isForBundler(entry.name)) return entry;
  if (entry.path !== null) return bundled(entry, entry.path);
  throw usageError(`${entry.name} is to be bundled`, "give its path, so that what it imports is found");
}

/** `path`: the entry's, absolute; `around`: as of bundle(). */
async function bundled(entry: SourceEntry, path: string, around?: string): Promise<SourceEntry> {
  const { text, map: json, files } = await bundle(path, entry.name, around);
  const map = { name: "of the bundle", json, parsed: new SourceMap(json), folder: dirname(path) };
  return { ...entry, text, map, bundled: files };
}

/** The map of JavaScript that was given, or bundled from what was. */
function mapOfEntry(
  { name, text, path, map: own }: SourceEntry,
  { sourceMap }: OpenOptions,
  cwd: string,
): Promise<MapFound> {
  if (own && sourceMap !== undefined)
    throw usageError(`${name} is bundled here, with a map of its own`, "leave --source-map out");
  return mapOf(
    { name, text, path, folder: path === null ? cwd : dirname(path), module: null, own },
    sourceMap,
    cwd,
  );
}

/** The map of a module's program, whose source may be at hand. */
function mapOfModule(
  { name, path }: Entry,
  source: ProgramSource | null,
  { source: given, sourceMap }: OpenOptions,
  cwd: string,
): Promise<MapFound> {
  const file = typeof given === "string" ? resolve(cwd, given) : null;
  const folder = path === null ? cwd : dirname(path);
  const module = source?.from === "javy_source" ? path : null;
  const text = source?.text ?? null;
  return mapOf({ name, text, path: file, folder, module, own: null }, sourceMap, cwd);
}

async function compileEntry(
  entry: SourceEntry,
  given: Given | undefined,
  cwd: string,
  options: OpenOptions,
  compiler: Compiler,
): Promise<Program> {
  const { dispatchFunction, source } = options;
  const found =
    given === undefined && usesShopifyPlugin(entry.text)
      ? await shopifyPlugin(null, entry, cwd, options)
      : null;
  const plugin = await choosePlugin(given ?? found?.path, cwd, { dispatchFunction });
  if (source !== undefined) await readSource(source, entry, cwd);
  const { name, text } = entry;
  const map = await mapOfEntry(entry, options, cwd);
  const large = plugin.origin === "embedded" ? await compileLarge(compiler, text) : null;
  const folder = entry.path === null ? null : dirname(entry.path);
  const outcome: CompiledEntry = large
    ? { kind: "bytecode", bytecode: large }
    : await compileSource(compiler, plugin, text, name, map.map?.data ?? null, folder);
  if (outcome.kind === "imports") {
    if (entry.path === null || entry.bundled) throw outcome.error;
    return compileEntry(await bundled(entry, entry.path), given, cwd, options, compiler);
  }
  const payload = outcome.bytecode;
  const module = decodeModule(linkDynamic(plugin, payload, text, entry.exports));
  return new Program({
    name,
    compiled: true,
    module,
    kind: { kind: "dynamic", namespace: plugin.namespace, payload, source: text },
    plugin,
    linked: await readLinked(options.link ?? new Map(), cwd),
    compiler: null,
    source: { from: "program", name, text },
    map,
    bundled: entry.bundled ?? [],
    builtBy: null,
    pluginFrom: found?.from ?? null,
    dispatchFunction,
  });
}

/** Shopify's plugin, where this machine has it: of a namespace, or the newest. */
function shopifyPlugin(
  namespace: string | null,
  entry: Entry,
  cwd: string,
  { javy }: OpenOptions,
): Promise<FoundPlugin | null> {
  const folders = [...(entry.path === null ? [] : [dirname(entry.path)]), cwd];
  return findShopifyPlugin(namespace, folders, javy?.world.env ?? {}, cwd);
}

/** A module that was given, or that the user's javy built. */
async function readModule(
  entry: Entry,
  bytes: Uint8Array,
  built: UserBuild | null,
  plugin: Given | undefined,
  cwd: string,
  options: OpenOptions,
): Promise<Program> {
  const { dispatchFunction } = options;
  const { name } = entry;
  const module = named(name, () => decodeModule(bytes));
  const kind = recognise(module);
  const namespace = kind.kind === "dynamic" && plugin === undefined ? kind.namespace : null;
  const found = namespace === null ? null : await shopifyPlugin(namespace, entry, cwd, options);
  const chosen = await pluginFor(kind, plugin ?? found?.path, cwd, dispatchFunction);
  const source = await sourceOf(entry, kind, options.source, cwd);
  return new Program({
    name,
    compiled: built !== null,
    module,
    kind,
    plugin: kind.kind === "dynamic" ? chosen : null,
    linked: await readLinked(options.link ?? new Map(), cwd),
    compiler: kind.kind === "dynamic" ? null : chosen,
    source,
    map: await (entry.kind === "source"
      ? mapOfEntry(entry, options, cwd)
      : mapOfModule(entry, source, options, cwd)),
    bundled: entry.kind === "source" ? (entry.bundled ?? []) : [],
    builtBy: built?.by ?? null,
    pluginFrom: found?.from ?? null,
    dispatchFunction,
  });
}

/** The plugin that a module runs on; for one that is whole, the plugin that may have to compile its source. */
async function pluginFor(
  kind: JavyModule,
  plugin: Given | undefined,
  cwd: string,
  dispatchFunction: number | undefined,
): Promise<Plugin | null> {
  if (kind.kind === "dynamic")
    return choosePlugin(plugin, cwd, { importedAs: kind.namespace, dispatchFunction });
  // a plugin that was given can do no harm to a module that has its engine in it
  const wanted = plugin !== undefined && kind.kind === "static" && isStripped(kind.payload);
  return wanted ? choosePlugin(plugin, cwd) : null;
}

async function sourceOf(
  entry: Entry,
  kind: JavyModule,
  given: Given | undefined,
  cwd: string,
): Promise<ProgramSource | null> {
  if (given !== undefined) return { from: "file", ...(await readSource(given, entry, cwd)) };
  if (entry.kind === "source") return { from: "program", name: entry.name, text: entry.text };
  const carried = kind.kind === "dynamic" || kind.kind === "static" ? kind.source : null;
  return carried === null ? null : { from: "javy_source", name: "javy_source", text: carried };
}
