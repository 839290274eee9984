/**
 * Calls that generated code makes: the script's own functions, libraries, the support library, and the functions of
 * the language, several of which are code rather than calls. Imports are listed as they are asked for, so everything
 * that will be called must have been asked for before the module is written.
 *
 * Memories go by numbers: the program's by their indices, the support library's and those of libraries from
 * `firstForeign` on, in the order of `libraries`. Only a host sees them all, so copying between them is its work.
 */

import type { Hook, Indices } from "../../probe/action.ts";
import type { AddedMemory } from "../../probe/additions.ts";
import type { Site } from "../../probe/sites.ts";
import { emit } from "../../wasm/emit.ts";
import { I32, I64, type ValType } from "../../wasm/types.ts";
import { flatten } from "../language-types.ts";
import { Wrong } from "../scope.ts";
import { type SupportFunction, supportFunctions, supportLibrary } from "../support/library.ts";
import type { Call, Expr, Routine } from "../tree.ts";
import { languageCallee } from "../visit.ts";
import type { CodeWriter, Environment } from "./code.ts";
import type { ModuleFacts } from "./known.ts";
import { printMap } from "./print-map.ts";
import { callProgram } from "./program-calls.ts";

export const firstForeign = 1000;

/** Stands for the program's own memory (APP_MEMID) in code that does not know the program. */
export const programMemory = 999;

/** Modules that the rewritten program imports from, besides those of libraries. */
export const supportModule = "javy_prof_support";
export const hostModule = "javy_prof_host";
/** The memory of the support library, for code that has the state of places there. */
export const supportMemory: AddedMemory = {
  limits: { min: 1n, max: null, shared: false, is64: false },
  import: { module: supportModule, name: "memory" },
};
/** Number of a library's memory. */
export const libraryMemory = (libraries: readonly string[], name: string) =>
  name === supportLibrary ? firstForeign : firstForeign + 1 + libraries.indexOf(name);

export const memoryRule =
  "a memory is named by a number that is known beforehand: APP_MEMID, 0 or memid(library)";

/**
 * Functions of no script, but of what a module beside the program is made of: it calls the program back by a number
 * (program-calls.ts), and the program passes the number of what is to be done: another function, the writing of dup_at, or
 * that operands are no results.
 */
export const programCall = "call the program";
export const altCallNumber = "number of alt_call";
export const dupAtNumber = "number of dup_at";
export const dropArgsNumber = "number of drop_args";

/** What a module beside the program says of a call of another function that a place cannot come to. */
export const notReached = -1;

/** Name of the library that a module beside the program is for it; none that a script can have. */
export const monitorModule = "monitor module";
/** The same for functions whose result is the number of a string. */
export const monitorTexts = "monitor module's texts";

export const libraryModule = (name: string) => `javy_prof_library.${name}`;
type WithIndices = Environment & { readonly indices: Indices };

export class Calls {
  readonly hooks: Hook[] = [];
  /** Number of each added function of the script. */
  readonly routines = new Map<Routine, number>();
  readonly #byName = new Map<string, number>();
  readonly #facts: ModuleFacts;
  readonly #libraries: readonly string[];
  readonly #beside: boolean;
  /** The module calls the program back. */
  callsProgram = false;
  /** Number of the added function that finds a function by its place in table 0, and of that for other tables. */
  resolve: { readonly first: number; readonly others: number } | undefined;

  /** `beside`: the program is another module, whose memories only a host sees. */
  constructor(facts: ModuleFacts, libraries: readonly string[], beside = false) {
    this.#facts = facts;
    this.#libraries = libraries;
    this.#beside = beside;
  }

  /** Number of the added function that finds a function by its place in a table. */
  resolver(table: number): number {
    return table === 0 ? this.resolve!.first : this.resolve!.others;
  }

  get usesSupport(): boolean {
    return this.hooks.some((hook) => hook.module === supportModule);
  }

  #hook(hook: Hook): number {
    const key = `${hook.module}\0${hook.name}`;
    let number = this.#byName.get(key);
    if (number === undefined) {
      number = this.hooks.length;
      this.hooks.push(hook);
      this.#byName.set(key, number);
    }
    return number;
  }

  support(name: SupportFunction, indices: Indices): number {
    return indices.hook(this.#hook({ module: supportModule, name, ...supportFunctions[name] }));
  }

  #host(name: string, params: readonly ValType[], results: readonly ValType[], indices: Indices): number {
    return indices.hook(this.#hook({ module: hostModule, name, params, results }));
  }

  /** Arguments are on the stack. */
  write(expr: Call, env: Environment): void {
    const { w, indices } = env as WithIndices;
    const { callee } = expr;
    if (callee.kind === "routine") emit(w, "call", indices.function(this.routines.get(callee.routine)!));
    else if (callee.kind === "method") env.support(`str_${callee.name}` as SupportFunction);
    else if (callee.kind === "library") {
      const { library, name } = callee;
      if (library === supportLibrary) return env.support(name as SupportFunction);
      const params = expr.args.flatMap((arg) => flatten(arg.type));
      const hook = this.#hook({ module: libraryModule(library), name, params, results: flatten(expr.type) });
      emit(w, "call", indices.hook(hook));
    } else throw new Wrong(expr.span, `${callee.name} cannot be called here`);
  }

  /** Functions of the language whose arguments are not pushed in order. */
  writeSpecial(expr: Call, env: Environment, code: CodeWriter): boolean {
    if (expr.callee.kind !== "language") return false;
    const { w, indices } = env as WithIndices;
    const { args } = expr;
    const push = (n: number) => {
      code.expression(args[n]!);
      // Whatever integer it is, what is asked for is an i32.
      if (flatten(args[n]!.type)[0] !== I32) emit(w, "i32.wrap_i64");
    };
    switch (expr.callee.name) {
      case "strcmp":
      case "strcontains": {
        const [address, length] = [env.scratch(I32), env.scratch(I32)];
        code.expression(args[0]!);
        emit(w, "local.set", length);
        emit(w, "local.set", address);
        this.#read(env, this.#facts.memory, address, length);
        code.expression(args[1]!);
        if (expr.callee.name === "strcmp") emit(w, "i32.eq");
        else env.support("str_contains");
        return true;
      }
      case "memid":
        emit(w, "i32.const", this.#memoryOf(constantOf(args[0]!) as string));
        return true;
      case "read_str": {
        const [address, length] = [env.scratch(I32), env.scratch(I32)];
        push(1);
        emit(w, "local.set", address);
        push(2);
        emit(w, "local.set", length);
        this.#read(env, this.#memory(args[0]!), address, length);
        return true;
      }
      case "write_str": {
        const [address, text] = [env.scratch(I32), env.scratch(I32)];
        push(1);
        emit(w, "local.set", address);
        code.expression(args[2]!);
        emit(w, "local.set", text);
        emit(w, "i32.const", firstForeign);
        emit(w, "local.get", text);
        env.support("str_addr");
        emit(w, "i32.const", this.#memory(args[0]!));
        emit(w, "local.get", address);
        emit(w, "local.get", text);
        env.support("str_len");
        this.#copy(env);
        return true;
      }
      case "memcpy":
        for (let n = 0; n < 5; n++) {
          if (n === 0 || n === 2) emit(w, "i32.const", this.#memory(args[n]!));
          else push(n);
        }
        this.#copy(env);
        return true;
      case "page_size":
        emit(w, "i32.const", 65536);
        return true;
      case "mem_size":
        emit(w, "i32.const", this.#memory(args[0]!));
        emit(w, "call", this.#host("size", [I32], [I32], indices));
        return true;
      case "active_data_start":
      case "active_data_len": {
        const [start, end] = this.#activeData(this.#memory(args[0]!));
        emit(w, "i32.const", expr.callee.name === "active_data_start" ? start : end - start);
        return true;
      }
      case "resolve_funcref":
        code.expression(args[0]!);
        emit(w, "i32.const", 1);
        emit(w, "i32.sub");
        // Where it stands in the table says no more; but what finds that may do something.
        if (args[1]!.kind !== "bound") {
          push(1);
          emit(w, "drop");
        }
        return true;
      case "print_map":
      case "print_map_as_csv":
        printMap(code, args[0]!, expr.callee.name === "print_map_as_csv");
        return true;
      case programCall: {
        this.callsProgram = true;
        push(0);
        const [, address] = args;
        if (!address) emit(w, "i64.const", 0n);
        else {
          code.expression(address);
          if (flatten(address.type)[0] === I32) emit(w, "i64.extend_i32_u");
        }
        callProgram(w, indices);
        return true;
      }
      case "drop_args":
        return true;
      default:
        return false;
    }
  }

  /**
   * dup_at(memory, address): what a memory.copy, memory.fill or memory.init is about to write goes there too. `push`
   * pushes an operand of it and gives its type.
   */
  duplicate(
    expr: Pick<Call, "args">,
    env: Environment,
    code: CodeWriter,
    site: Site,
    push: (name: string) => ValType,
  ): void {
    const { w, indices } = env as WithIndices;
    const [target, address] = [this.#memory(expr.args[0]!), expr.args[1]!];
    const pushNarrow = (name: string) => {
      if (push(name) === I64) emit(w, "i32.wrap_i64");
    };
    const pushAddress = (wide: boolean) => {
      code.expression(address);
      const [type] = flatten(address.type);
      if (type === I64 && !wide) emit(w, "i32.wrap_i64");
      if (type === I32 && wide) emit(w, "i64.extend_i32_u");
    };
    const [first, second] = site.immediates.map(({ value }) => Number(value));
    if (site.name === "memory.copy") {
      emit(w, "i32.const", second!);
      pushNarrow("arg1");
      emit(w, "i32.const", target);
      pushAddress(false);
      pushNarrow("arg0");
      return this.#copy(env);
    }
    // Both write to the memory that they name, which has addresses of the same width.
    const own = site.name === "memory.fill" ? first : second;
    if (target !== own)
      throw new Wrong(
        expr.args[0]!.span,
        `dup_at: what ${site.name} writes can go to the memory only that it writes to`,
      );
    pushAddress(this.#facts.module.memories[target]!.is64);
    push("arg1");
    push("arg0");
    const memory = indices.moved.memory(target);
    if (site.name === "memory.fill") emit(w, "memory.fill", memory);
    else emit(w, "memory.init", first!, memory);
  }

  /** The string in a memory, by way of a block of the support library. */
  #read(env: Environment, memory: number, address: number, length: number): void {
    const { w } = env;
    const [block, text] = [env.scratch(I32), env.scratch(I32)];
    emit(w, "local.get", length);
    env.support("mem_alloc");
    emit(w, "local.set", block);
    emit(w, "i32.const", memory);
    emit(w, "local.get", address);
    emit(w, "i32.const", firstForeign);
    emit(w, "local.get", block);
    emit(w, "local.get", length);
    this.#copy(env);
    emit(w, "local.get", block);
    emit(w, "local.get", length);
    env.support("str_from");
    emit(w, "local.set", text);
    emit(w, "local.get", block);
    env.support("mem_free");
    emit(w, "local.get", text);
  }

  #copy(env: Environment): void {
    const { w, indices } = env as WithIndices;
    emit(w, "call", this.#host("copy", [I32, I32, I32, I32, I32], [], indices));
  }

  #memory(expr: Expr): number {
    if (expr.kind === "call" && languageCallee(expr) === "memid")
      return this.#memoryOf(constantOf(expr.args[0]!) as string);
    const number = Number(constantOf(expr));
    // Where the program has no memory, 0 is that of the strings, as in Whamm.
    return number === 0 && this.#facts.module.memories.length === 0 && !this.#beside ? firstForeign : number;
  }

  #memoryOf(library: string): number {
    return libraryMemory(this.#libraries, library);
  }

  /** From the lowest byte that an active segment fills to behind the highest. */
  #activeData(memory: number): readonly [number, number] {
    if (memory >= firstForeign) return [0, 0];
    const spans = this.#facts.module.data.flatMap(({ mode, bytes, address }) =>
      mode === "active" && address !== null
        ? [[Number(address), Number(address) + bytes.end - bytes.start]]
        : [],
    );
    if (spans.length === 0) return [0, 0];
    return [Math.min(...spans.map(([start]) => start!)), Math.max(...spans.map(([, end]) => end!))];
  }
}

function constantOf(expr: Expr): unknown {
  if (expr.kind === "constant") return expr.value;
  throw new Wrong(expr.span, memoryRule);
}
