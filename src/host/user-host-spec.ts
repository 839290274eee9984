/**
 * The interface of a host that a user makes: `javy-prof run module.wasm --host host.mjs`. Types only; docs/hosts.md
 * explains it with an example. The host file is an ES module whose default export is a `UserHost`. It runs in the
 * guest's thread: nothing else happens there, and a long computation disturbs nobody.
 */

/** Called once, before anything is counted. What it returns is run, counted, and finished. */
export type UserHost = (guest: HostGuest) => HostRun | Promise<HostRun>;

export interface HostRun {
  /** The counted part: all fuel that the guest spends in here is the profile's total. Synchronous. */
  call(): void;
  /** Afterwards, not counted, however `call` ended: read results, write output. Synchronous. */
  finish?(): void;
}

export interface HostGuest {
  /** The module, or the plugin of a program that runs on one; instrumented: its exports are its own and some more. */
  readonly module: WebAssembly.Module;
  /**
   * Makes the one instance: the module with these imports, to which the profiler adds its own. The guest's memory is
   * the instance's export "memory", its only exported memory, or the memory among the imports. Of a plugin: WASI need
   * not be among the imports, and a function that is missing ends the run when it is called.
   */
  instantiate(imports: WebAssembly.Imports): WebAssembly.Instance;
  /**
   * Of a program that runs on a plugin (app.js, or a dynamic module): makes its instance and calls its export, `_start` or
   * what --export names. It belongs into `call()`.
   */
  start(): void;
  /** WASI preview 1 as javy-prof answers it: deterministic, for imports that need it. */
  readonly wasi: WebAssembly.ModuleImports;
  /** All of the input: --input, or what is piped in. */
  stdin(): Uint8Array;
  /** The program's output (1) and its messages (2). */
  write(fd: 1 | 2, data: Uint8Array | string): void;
  /** What follows `--` on the command line. */
  readonly args: readonly string[];
}
