/**
 * The host of a monitored guest: the support library and the script's libraries as instances of their own, copying
 * between their memories and the program's, and what remains of the monitor's state when the guest has ended, however
 * it did. Plain data goes in and comes out.
 */
import { Diagnostic, unsupported } from "../base/diagnostics.ts";
import type { Finality } from "../host/finality.ts";
import { GuestFault } from "../host/wasi.ts";
import { stringNumber } from "../monitor/module/link-instance.ts";
import type { SupportRemains } from "../monitor/read-report.ts";
import type { RowPlace } from "../monitor/report.ts";
import {
  firstForeign,
  hostModule,
  libraryModule,
  monitorModule,
  programMemory,
  supportModule,
} from "../monitor/targets/calls.ts";
import type { UsedLibrary } from "../monitor/targets/self-contained.ts";
import {
  monitorPrefix,
  programMemoryExport,
  resetExport,
  startupExport,
  valueExport,
} from "../monitor/targets/state.ts";
import { pauseHook } from "../probe/pauses.ts";
import { type JsJob, JsListener } from "../profiler/js-listener.ts";
import { jsHooksModule } from "../profiler/js-plan.ts";

export interface MonitorJob {
  /** The support library; null where nothing needs it. */
  readonly support: Uint8Array | null;
  /** Libraries that the script uses, in its order. */
  readonly libraries: readonly UsedLibrary[];
  /** Exports to call when the program has ended, in order. */
  readonly ending: readonly string[];
  /** How many values to read. */
  readonly values: number;
  /** Probes at JavaScript; left out where there are none. */
  readonly js?: JsJob;
  /** The script's own module beside the program; left out where its code is in the program. */
  readonly beside?: {
    readonly module: Uint8Array;
    /** As above, of that module. */
    readonly ending: readonly string[];
    readonly values: number;
  };
}

export interface MonitorRemains {
  /** The bits of each, by its number. */
  readonly values: BigUint64Array;
  /** The same of the script's own module. */
  readonly besideValues: BigUint64Array;
  readonly support: SupportRemains | null;
  /** By number; none without probes at JavaScript. */
  readonly jsPlaces: readonly RowPlace[];
  readonly failure: ScriptFailure | null;
}

/** What the script does before the program, or behind it, did not come to its end: a trap's message. */
export interface ScriptFailure {
  readonly at: "begin" | "end";
  readonly message: string;
}

type Exports = WebAssembly.Exports;

export class MonitoredRun {
  readonly #job: MonitorJob;
  readonly #support: Exports | null;
  /** By the script's order. */
  readonly #libraries: readonly Exports[];
  readonly #js: JsListener | null;
  readonly #beside: Exports | null;
  #guest: Exports | undefined;
  /** What the script's beginning ended by, if it did not come to its end. */
  #failed: { readonly error: unknown } | null = null;
  readonly imports: WebAssembly.Imports;

  /**
   * `wasi`: what libraries get that print; `final`: makes of a function one whose errors the guest cannot catch;
   * `look`: throws where the guest is to stop.
   * @throws Diagnostic (exit 4) where a library wants what is not there
   */
  constructor(
    job: MonitorJob,
    wasi: (memory: () => WebAssembly.Memory | undefined) => WebAssembly.ModuleImports,
    final: Finality["final"] = (call) => call,
    look: () => void = () => {},
  ) {
    this.#job = job;
    this.#support =
      job.support && new WebAssembly.Instance(new WebAssembly.Module(job.support as BufferSource)).exports;
    this.#js = job.js ? new JsListener(job.js) : null;
    this.#libraries = job.libraries.map(({ name, module }) =>
      module ? this.#instantiate(name, module, wasi) : this.#support!,
    );
    const libraries = job.libraries.flatMap(({ name, module }, i) =>
      module ? [[libraryModule(name), this.#libraries[i]]] : [],
    );
    const stop = () => {
      throw new GuestFault("the script stopped it");
    };
    const imports: WebAssembly.Imports = {
      ...(Object.fromEntries(libraries) as WebAssembly.Imports),
      ...(this.#support && {
        [supportModule]: { ...(this.#support as WebAssembly.ModuleImports), stop: final(stop) },
      }),
      [hostModule]: {
        copy: final((from: number, at: number, to: number, into: number, length: number) =>
          this.#copy(from, at >>> 0, to, into >>> 0, length >>> 0),
        ),
        size: final((memory: number) => this.#memory(memory).buffer.byteLength / 65536),
      },
    };
    this.#beside =
      job.beside === undefined
        ? null
        : new WebAssembly.Instance(new WebAssembly.Module(job.beside.module as BufferSource), imports)
            .exports;
    this.imports = {
      ...imports,
      [pauseHook.module]: { [pauseHook.name]: final(look) },
      ...(this.#beside && { [libraryModule(monitorModule)]: this.#beside as WebAssembly.ModuleImports }),
      ...(this.#js && { [jsHooksModule]: this.#js.imports }),
    };
  }

  #instantiate(
    name: string,
    bytes: Uint8Array,
    wasi: (memory: () => WebAssembly.Memory | undefined) => WebAssembly.ModuleImports,
  ): Exports {
    let exports: Exports | undefined;
    const memory = () => (exports?.["memory"] instanceof WebAssembly.Memory ? exports["memory"] : undefined);
    const imports: WebAssembly.Imports = {
      wasi_snapshot_preview1: wasi(memory),
      ...(this.#support && { whamm_core: this.#support as WebAssembly.ModuleImports }),
    };
    try {
      const module = new WebAssembly.Module(bytes as BufferSource);
      refuseForeign(name, WebAssembly.Module.imports(module), imports);
      exports = new WebAssembly.Instance(module, imports).exports;
    } catch (error) {
      if (error instanceof Diagnostic) throw error;
      throw unsupported(`the library ${name} cannot be used: ${(error as Error).message}`);
    }
    const initialize = exports["_initialize"];
    if (typeof initialize === "function") (initialize as () => void)();
    return exports;
  }

  /** Does what the script does before the program; throws what that throws. */
  attach(instance: WebAssembly.Instance): void {
    this.#guest = instance.exports;
    const exports = { ...instance.exports, ...this.#beside };
    this.#js?.attach(exports, (text) => stringNumber(this.#support!, text));
    const startup = instance.exports[startupExport];
    if (typeof startup !== "function") return;
    try {
      (startup as () => void)();
    } catch (error) {
      this.#failed = { error };
      throw error;
    }
  }

  #memory(number: number): WebAssembly.Memory {
    const foreign = number - firstForeign;
    const found =
      foreign === 0
        ? this.#support?.["memory"]
        : foreign > 0
          ? this.#libraries[foreign - 1]?.["memory"]
          : this.#programMemory(number);
    if (found instanceof WebAssembly.Memory) return found;
    throw new WebAssembly.RuntimeError(`the monitor asks for memory ${number}, which there is not`);
  }

  /** Where the program has no memory, 0 is that of the strings, as in Whamm. */
  #programMemory(number: number): WebAssembly.ExportValue | undefined {
    const own = number === programMemory;
    const found = this.#guest?.[own ? programMemoryExport : `${monitorPrefix}memory.${number}`];
    return found ?? (own || number === 0 ? this.#support?.["memory"] : undefined);
  }

  /** Out of bounds it copies nothing: a monitor must not stop its program. */
  #copy(from: number, at: number, to: number, into: number, length: number): void {
    const source = new Uint8Array(this.#memory(from).buffer);
    const target = new Uint8Array(this.#memory(to).buffer);
    if (at + length > source.length || into + length > target.length) return;
    target.set(source.slice(at, at + length), into);
  }

  /** What ran so far was no part of the program. */
  begin(): void {
    for (const exports of [this.#beside, this.#guest]) {
      const reset = exports?.[resetExport];
      if (typeof reset === "function") (reset as () => void)();
    }
    this.#js?.begin();
  }

  /** Runs the script's ending and reads what is left. `messageOf`: what to say of an error that comes out of it. */
  finish(messageOf: (error: unknown) => string = String): MonitorRemains | null {
    const guest = this.#guest;
    if (!guest) return null;
    const { ending, values, beside } = this.#job;
    const endings = [
      ...ending.map((name) => guest[name]),
      ...(beside?.ending ?? []).map((name) => this.#beside![name]),
    ];
    const failure: ScriptFailure | null = this.#failed
      ? { at: "begin", message: messageOf(this.#failed.error) }
      : failureOf(endings as (() => void)[], messageOf);
    return {
      values: valuesOf(guest, values),
      besideValues: valuesOf(this.#beside, beside?.values ?? 0),
      support: this.#supportRemains(),
      jsPlaces: this.#js?.finish() ?? [],
      failure,
    };
  }

  #supportRemains(): SupportRemains | null {
    const support = this.#support;
    if (!support) return null;
    const number = (name: string) => (support[name] as WebAssembly.Global).value as number;
    return {
      memory: new Uint8Array((support["memory"] as WebAssembly.Memory).buffer).slice(),
      strings: number("strings"),
      stringCount: number("stringCount"),
      output: (support["output_addr"] as () => number)(),
      outputLength: (support["output_len"] as () => number)(),
    };
  }
}

function refuseForeign(
  library: string,
  wanted: readonly WebAssembly.ModuleImportDescriptor[],
  given: WebAssembly.Imports,
): void {
  const foreign = wanted.find(({ module, name }) => given[module]?.[name] === undefined);
  if (!foreign) return;
  throw unsupported(
    `the library ${library} imports ${foreign.module}.${foreign.name}, which there is not`,
    "a library may import WASI, and what scripts may call of whamm_core",
    ...(foreign.name === "abort" ? ["AssemblyScript goes without it: asc --use abort="] : []),
  );
}

/** Calls one behind the other; the message of what ends this too early, or null. */
function failureOf(
  endings: readonly (() => void)[],
  messageOf: (error: unknown) => string,
): ScriptFailure | null {
  try {
    for (const end of endings) end();
    return null;
  } catch (error) {
    return { at: "end", message: messageOf(error) };
  }
}

/** The bits of the first `count` reported values of a module. */
function valuesOf(exports: Exports | null, count: number): BigUint64Array {
  const value = exports?.[valueExport] as (n: number) => bigint;
  return BigUint64Array.from({ length: count }, (_, n) => BigInt.asUintN(64, value(n)));
}
