/**
 * Loads a host that a user made and lets it make the guest's instance (the interface: user-host-spec.ts). Everything
 * the host gets wrong is said as the host file's fault, with its name; what the guest throws passes through.
 */
import { pathToFileURL } from "node:url";
import { Diagnostic, usageError } from "../base/diagnostics.ts";
import type { Finality } from "./finality.ts";
import type { Streams } from "./host.ts";
import { withStubs } from "./missing-imports.ts";
import type { HostGuest, HostRun, UserHost } from "./user-host-spec.ts";
import { wasiModule } from "./wasi.ts";

/** Imports the host file. @throws Diagnostic (usage) where that fails or gives no function. */
export async function loadUserHost(path: string): Promise<UserHost> {
  let host: unknown;
  try {
    host = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    throw usageError(`the host ${path} cannot be loaded: ${(error as Error).message}`);
  }
  if (typeof host === "function") return host as UserHost;
  throw usageError(
    `the host ${path} has no function as its default export`,
    "export default (guest) => ({ call() { … } }); see docs/hosts.md",
  );
}

export interface UserGuestParts {
  /** What the host makes an instance of: the program, or its plugin. */
  readonly module: WebAssembly.Module;
  /** Of a program on a plugin: makes its instance, given the plugin's, and calls its export. */
  readonly start: ((plugin: WebAssembly.Instance) => void) | null;
  readonly streams: Streams;
  readonly args: readonly string[];
  readonly wasi: WebAssembly.ModuleImports;
  /** What the profiler adds to the imports. */
  readonly hooks: WebAssembly.Imports;
  /** What an error stands for that came out of the guest (finality.ts). */
  readonly reasonOf: (error: unknown) => unknown;
  /** Makes functions whose errors the guest cannot catch (finality.ts). */
  readonly final: Finality["final"];
}

export interface UserGuest {
  readonly instance: WebAssembly.Instance;
  readonly memory: WebAssembly.Memory;
  readonly run: HostRun;
}

/** Has the host prepare its guest; `attached` is called as soon as the instance is there. */
export async function prepareUserGuest(
  path: string,
  host: UserHost,
  parts: UserGuestParts,
  attached: (instance: WebAssembly.Instance, memory: WebAssembly.Memory) => void,
): Promise<UserGuest> {
  let made: { readonly instance: WebAssembly.Instance; readonly memory: WebAssembly.Memory } | undefined;
  const guest: HostGuest = {
    module: parts.module,
    instantiate: (imports) => {
      if (made)
        throw usageError(`the host ${path} instantiates the module twice`, "one run has one instance");
      const given = { ...imports, ...parts.hooks };
      // of a plugin, what the host does not have ends the run when it is called
      const all = parts.start
        ? withStubs(parts.module, { [wasiModule]: parts.wasi, ...given }, parts.final)
        : given;
      const instance = new WebAssembly.Instance(parts.module, all);
      const memory = guestMemory(parts.module, instance, imports);
      if (!memory) throw usageError(`the host ${path} gives the module no memory, and it exports none`);
      made = { instance, memory };
      attached(instance, memory);
      return instance;
    },
    start: () => {
      if (!parts.start)
        throw usageError(
          `the host ${path} calls start(), and the module is whole`,
          "start() is for a program on a plugin: call what the instance exports",
        );
      if (!made) throw usageError(`the host ${path} calls start() before instantiate()`);
      parts.start(made.instance);
    },
    wasi: parts.wasi,
    stdin: () => parts.streams.stdin(),
    write: (fd, data) =>
      parts.streams.write(fd, typeof data === "string" ? new TextEncoder().encode(data) : data),
    args: parts.args,
  };
  let run: HostRun;
  try {
    run = await host(guest);
  } catch (error) {
    throw hostError(path, parts.reasonOf(error));
  }
  if (typeof run?.call !== "function") {
    throw usageError(`the host ${path} returned no call()`, "return { call() { … } }; see docs/hosts.md");
  }
  if (!made) throw usageError(`the host ${path} did not call guest.instantiate()`);
  return { ...made, run };
}

/** What a host throws outside of its counted part is the host's own failure. */
export function hostError(path: string, error: unknown): unknown {
  if (error instanceof Diagnostic || !(error instanceof Error)) return error;
  return usageError(`the host ${path} failed: ${error.message}`);
}

/** The memory that the engine works in: exported under its usual name, else the only one exported or imported. */
function guestMemory(
  module: WebAssembly.Module,
  { exports }: WebAssembly.Instance,
  imports: WebAssembly.Imports,
): WebAssembly.Memory | undefined {
  const memories = [
    exports["memory"],
    ...Object.values(exports),
    ...WebAssembly.Module.imports(module)
      .filter(({ kind }) => kind === "memory")
      .map(({ module: from, name }) => imports[from]?.[name]),
  ];
  return memories.find((found) => found instanceof WebAssembly.Memory);
}
