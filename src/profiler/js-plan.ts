/**
 * Where a module with QuickJS in it tells of JavaScript's events, for a monitor: the interpreter's entry and exit, the
 * dispatch of an opcode, the engine's own functions, and where code is made.
 *
 * What a guest does not need to tell costs it little. An activation is told at its first opcode, since only that says
 * which function it is; the listener's answer says whether it wants this activation's other opcodes too, and is kept
 * in the global `armed`: another opcode costs its load and a branch.
 */
import type { CodeInPlace, Hook, ProbeArgument } from "../probe/action.ts";
import type { FunctionProbes, Plan, SiteProbe } from "../probe/plan.ts";
import type { Dispatch } from "../quickjs/dispatch.ts";
import { emit } from "../wasm/emit.ts";
import { funcTypeAt, I32, I64, type Module, type ValType } from "../wasm/types.ts";
import { addEntry, enterAction, i32 } from "./engine-probes.ts";
import type { Entered, NativeFrames } from "./native-frames.ts";

/** Module that the hooks are imported from. */
export const jsHooksModule = "javy_prof_js";

/** Exports that say of the activation at hand: func_obj (i64) and how many arguments it got (i32). */
export const jsGlobals = {
  function: "javy_prof.js.function",
  argc: "javy_prof.js.argc",
  /** Of the builtin that is about to be entered: how many arguments, -1 for unknown, and their address. */
  builtinArgc: "javy_prof.js.builtin_argc",
  builtinArgv: "javy_prof.js.builtin_argv",
  /** Where exceptions are asked for: address of the opcode that the activation at hand dispatched last. */
  at: "javy_prof.js.at",
  /** Whether a function that this opcode called left with an exception. */
  thrown: "javy_prof.js.thrown",
} as const;

/** Export of the memory that the engine works in. */
export const jsMemory = "javy_prof.js.memory";

/** What a monitor wants to hear. */
export interface JsWants {
  /** Hooks are given the fuel so far. */
  readonly fuel: boolean;
  /** Functions of the engine with names; null where nobody asks for builtins. */
  readonly natives: NativeFrames | null;
  /** Functions at whose entry code is about to be made. */
  readonly creators: readonly number[];
  /** js_call_c_function, where somebody asks for the arguments of builtins. */
  readonly gateway: number | null;
  /** Functions of the engine's allocator, where somebody asks for them, with the parameters whose product is asked for. */
  readonly allocators: readonly { readonly function: number; readonly size: readonly number[] }[];
  /** The tag of what a function returns that has thrown, where somebody asks for exceptions. */
  readonly exceptionTag: number | null;
}

/** By their numbers. */
const globals = {
  ...{ armed: 0, pending: 1, function: 2, argc: 3 },
  ...{ builtinArgc: 4, builtinArgv: 5, at: 6, thrown: 7 },
} as const;

/** Globals of an activation: another one that it calls has its own. */
const ownGlobals = ["armed", "pending", "at"] as const;

/** JS_CALL_FLAG_GENERATOR: the activation goes on where it was suspended. */
const resumes = 4;

export function jsPlan(module: Module, dispatch: Dispatch, wants: JsWants): Plan {
  const fuelType = wants.fuel ? [I64] : [];
  const fuel: ProbeArgument[] = wants.fuel ? [{ kind: "fuel" }] : [];
  const hooks: Hook[] = [];
  const hook = (name: string, params: Hook["params"], results: Hook["params"] = []) =>
    hooks.push({ module: jsHooksModule, name, params: [...params, ...fuelType], results }) - 1;
  const functions = new Map<number, FunctionProbes>();

  const { natives } = wants;
  if (natives) {
    const hooks = { frame: hook("enterBuiltin", [I32]), shared: hook("enterShared", [I32, I32]) };
    const leave = hook("leaveBuiltin", []);
    for (const [index, entered] of natives.functions) {
      if (index < module.importedFunctions || !isBuiltin(natives, entered)) continue;
      const entry = [enterAction(entered, hooks, fuel)];
      functions.set(index, { entry, exit: [{ hook: leave, arguments: fuel }] });
    }
  }
  if (wants.allocators.length > 0) {
    const allocates = hook("allocates", [I32]);
    for (const { function: index, size } of wants.allocators)
      addEntry(functions, index, atAllocation(allocates, size, fuel));
  }
  if (wants.gateway !== null) {
    addEntry(functions, wants.gateway, atGateway);
    const had = functions.get(wants.gateway)!;
    functions.set(wants.gateway, { ...had, exit: [...(had.exit ?? []), behindGateway] });
  }
  const generation = hook("generation", []);
  for (const index of wants.creators) addEntry(functions, index, { hook: generation, arguments: fuel });

  const [next, leave] = [hook("dispatch", [I32, I32], [I32]), hook("leave", [])];
  const sites = new Map<number, SiteProbe[]>();
  for (const offset of dispatch.loads)
    sites.set(offset, [
      { when: "before", ...atDispatch(next, [{ kind: "effectiveAddress" }, ...fuel], wants) },
    ]);
  addEntry(functions, dispatch.function, atInterpreterEntry(interpreterParameters(module, dispatch)));
  const { exceptionTag } = wants;
  const exit = [atInterpreterExit(leave, fuel)];
  if (exceptionTag !== null) {
    const throws = hook("throws", [I32, I32], [I32]);
    exit.unshift(atException(throws, exceptionTag, fuel));
  }
  functions.set(dispatch.function, { ...functions.get(dispatch.function), exit, sites });
  const global = (initial: number | bigint, type = I32) => ({ type, mutable: true, initial });
  return {
    ...{ hooks, functions, deferStart: true },
    added: {
      globals: Object.keys(globals).map(
        (name) => ({ function: global(0n, I64), builtinArgc: global(-1) })[name] ?? global(0),
      ),
      exports: [
        ...Object.entries(jsGlobals).map(([own, name]) => ({
          ...({ name, kind: "global" } as const),
          of: { added: globals[own as keyof typeof jsGlobals] },
        })),
        { name: jsMemory, kind: "memory", of: { original: 0 } },
      ],
    },
  };
}

function isBuiltin({ frames, shared }: NativeFrames, entered: Entered): boolean {
  if ("frame" in entered) return frames[entered.frame]!.kind === "builtin";
  return shared[entered.shared]!.byMagic.some(([, id]) => frames[id]!.kind === "builtin");
}

/** Parameters of the interpreter by number; those behind the three values are null where it has not all of them. */
export interface InterpreterParameters {
  readonly function: number;
  readonly argc: number | null;
  readonly argv: number | null;
  readonly flags: number | null;
}

/** JS_CallInternal(ctx, func_obj, this_obj, new_target, argc, argv, flags) */
export function interpreterParameters(module: Module, dispatch: Dispatch): InterpreterParameters {
  const { params } = funcTypeAt(module, module.functions[dispatch.function]!)!;
  const values = params.flatMap((type, index) => (type === I64 ? [index] : []));
  const argc = values.at(-1)! + 1;
  const whole = values.length === 3 && params[argc] === I32 && params[argc + 1] === I32;
  return {
    function: values[0]!,
    argc: whole ? argc : null,
    argv: whole ? argc + 1 : null,
    flags: whole && params[argc + 2] === I32 ? argc + 2 : null,
  };
}

function atInterpreterEntry({ function: funcObj, argc, argv, flags }: InterpreterParameters): CodeInPlace {
  const given = (index: number | null, otherwise: number): ProbeArgument =>
    index === null ? i32(otherwise) : { kind: "local", index };
  return {
    values: [{ kind: "local", index: funcObj }, given(argc, -1), given(argv, 0), given(flags, 0)],
    write: (w, place) => {
      const keep = (key: string, type: ValType, push: () => void) => {
        push();
        emit(w, "local.set", place.frameLocal(key, type));
      };
      const global = (name: keyof typeof globals) => place.indices.global(globals[name]);
      keep("function", I64, () => place.push(0));
      keep("argc", I32, () => place.push(1));
      // it may be a builtin that is called
      place.push(1);
      emit(w, "global.set", global("builtinArgc"));
      place.push(2);
      emit(w, "global.set", global("builtinArgv"));
      keep("flags", I32, () => place.push(3));
      for (const name of [...ownGlobals, "thrown"] as const)
        keep(name, I32, () => emit(w, "global.get", global(name)));
      for (const name of ["armed", "pending"] as const) {
        emit(w, "i32.const", 1);
        emit(w, "global.set", global(name));
      }
    },
  };
}

/** js_call_c_function(ctx, func_obj, this_obj, argc, argv, flags): the builtin that it calls is entered next. */
const atGateway: CodeInPlace = {
  values: [
    { kind: "local", index: 3 },
    { kind: "local", index: 4 },
  ],
  write: (w, { push, indices }) => {
    push(0);
    emit(w, "global.set", indices.global(globals.builtinArgc));
    push(1);
    emit(w, "global.set", indices.global(globals.builtinArgv));
  },
};

/** It may have called none. */
const behindGateway: CodeInPlace = {
  values: [],
  write: (w, { indices }) => {
    emit(w, "i32.const", -1);
    emit(w, "global.set", indices.global(globals.builtinArgc));
  },
};

function atAllocation(hook: number, size: readonly number[], fuel: readonly ProbeArgument[]): CodeInPlace {
  return {
    values: [...size.map((index) => ({ kind: "local", index }) as const), ...fuel],
    write: (w, { push, indices }) => {
      size.forEach((_, n) => {
        push(n);
        if (n > 0) emit(w, "i32.mul");
      });
      if (fuel.length > 0) push(size.length);
      emit(w, "call", indices.hook(hook));
    },
  };
}

function atDispatch(
  hook: number,
  values: readonly ProbeArgument[],
  { fuel, exceptionTag }: JsWants,
): CodeInPlace {
  return {
    values,
    write: (w, place) => {
      const global = (name: keyof typeof globals) => place.indices.global(globals[name]);
      emit(w, "global.get", global("armed"));
      emit(w, "if", null);
      emit(w, "global.get", global("pending"));
      emit(w, "if", null);
      emit(w, "local.get", place.frameLocal("function", I64));
      emit(w, "global.set", global("function"));
      emit(w, "local.get", place.frameLocal("argc", I32));
      emit(w, "global.set", global("argc"));
      emit(w, "i32.const", -1);
      emit(w, "global.set", global("builtinArgc"));
      emit(w, "end");
      place.push(0);
      emit(w, "global.get", global("pending"));
      if (fuel) place.push(1);
      emit(w, "call", place.indices.hook(hook));
      emit(w, "global.set", global("armed"));
      emit(w, "i32.const", 0);
      emit(w, "global.set", global("pending"));
      emit(w, "end");
      if (exceptionTag === null) return;
      place.push(0);
      emit(w, "global.set", global("at"));
      emit(w, "i32.const", 0);
      emit(w, "global.set", global("thrown"));
    },
  };
}

/**
 * Tells of an activation that an exception leaves: one that came to an opcode, or one that was to go on where it was
 * suspended and throws there at once. What it returns lies on top of the stack at an exit.
 *
 * `thrown` is of the opcode that an activation is at: set by what that calls, and cleared by the next one. Where the opcode
 * calls a function of the engine, which calls others in turn, all that leave with an exception count.
 */
function atException(hook: number, tag: number, fuel: readonly ProbeArgument[]): CodeInPlace {
  return {
    values: fuel,
    write: (w, place) => {
      const global = (name: keyof typeof globals) => place.indices.global(globals[name]);
      const [result, leaves] = [place.scratch(I64), place.scratch(I32)];
      emit(w, "local.tee", result);
      // of an activation that came to no opcode, `thrown` is still that of the opcode around it
      emit(w, "global.get", global("thrown"));
      emit(w, "local.get", place.frameLocal("thrown", I32));
      emit(w, "global.get", global("pending"));
      emit(w, "select");
      emit(w, "local.set", leaves);
      emit(w, "local.get", result);
      emit(w, "i64.const", 32);
      emit(w, "i64.shr_u");
      emit(w, "i64.const", tag);
      emit(w, "i64.eq");
      emit(w, "global.get", global("pending"));
      emit(w, "i32.eqz");
      emit(w, "local.get", place.frameLocal("flags", I32));
      emit(w, "i32.const", resumes);
      emit(w, "i32.and");
      emit(w, "i32.or");
      emit(w, "i32.const", 0);
      emit(w, "i32.ne");
      emit(w, "i32.and");
      emit(w, "if", null);
      emit(w, "local.get", place.frameLocal("function", I64));
      emit(w, "global.set", global("function"));
      emit(w, "global.get", global("pending"));
      emit(w, "local.get", leaves);
      if (fuel.length > 0) place.push(0);
      emit(w, "call", place.indices.hook(hook));
      emit(w, "local.get", leaves);
      emit(w, "i32.or");
      emit(w, "local.set", leaves);
      emit(w, "end");
      emit(w, "local.get", leaves);
      emit(w, "global.set", global("thrown"));
    },
  };
}

/** An activation that came to no opcode was told to nobody. What was there before it is there again. */
function atInterpreterExit(hook: number, values: readonly ProbeArgument[]): CodeInPlace {
  return {
    values,
    write: (w, place) => {
      const global = (name: keyof typeof globals) => place.indices.global(globals[name]);
      emit(w, "global.get", global("pending"));
      emit(w, "i32.eqz");
      emit(w, "if", null);
      if (values.length > 0) place.push(0);
      emit(w, "call", place.indices.hook(hook));
      emit(w, "end");
      for (const name of ownGlobals) {
        emit(w, "local.get", place.frameLocal(name, I32));
        emit(w, "global.set", global(name));
      }
      emit(w, "i32.const", -1);
      emit(w, "global.set", global("builtinArgc"));
    },
  };
}
