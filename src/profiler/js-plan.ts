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
} as const;

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
}

const globals = { armed: 0, pending: 1, function: 2, argc: 3, builtinArgc: 4, builtinArgv: 5 };

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
      { when: "before", ...atDispatch(next, [{ kind: "effectiveAddress" }, ...fuel], wants.fuel) },
    ]);
  addEntry(functions, dispatch.function, atInterpreterEntry(module, dispatch));
  const exit = [atInterpreterExit(leave, fuel)];
  functions.set(dispatch.function, { ...functions.get(dispatch.function), exit, sites });
  const global = (initial: number | bigint, type = I32) => ({ type, mutable: true, initial });
  return {
    ...{ hooks, functions, deferStart: true },
    added: {
      globals: [global(0), global(0), global(0n, I64), global(0), global(-1), global(0)],
      exports: Object.entries(jsGlobals).map(([own, name]) => ({
        ...{ name, kind: "global", of: { added: globals[own as keyof typeof jsGlobals] } },
      })),
    },
  };
}

function isBuiltin({ frames, shared }: NativeFrames, entered: Entered): boolean {
  if ("frame" in entered) return frames[entered.frame]!.kind === "builtin";
  return shared[entered.shared]!.byMagic.some(([, id]) => frames[id]!.kind === "builtin");
}

/**
 * JS_CallInternal(ctx, func_obj, this_obj, new_target, argc, argv, flags): the argument count stands behind the three
 * values, where the engine was built with all of its parameters.
 */
function atInterpreterEntry(module: Module, dispatch: Dispatch): CodeInPlace {
  const { params } = funcTypeAt(module, module.functions[dispatch.function]!)!;
  const values = params.flatMap((type, index) => (type === I64 ? [index] : []));
  const argc = values.at(-1)! + 1;
  const whole = values.length === 3 && params[argc] === I32 && params[argc + 1] === I32;
  return {
    values: [
      { kind: "local", index: values[0]! },
      whole ? { kind: "local", index: argc } : i32(-1),
      whole ? { kind: "local", index: argc + 1 } : i32(0),
    ],
    write: (w, place) => {
      const keep = (key: string, type: ValType, push: () => void) => {
        push();
        emit(w, "local.set", place.frameLocal(key, type));
      };
      keep("function", I64, () => place.push(0));
      keep("argc", I32, () => place.push(1));
      // it may be a builtin that is called
      place.push(1);
      emit(w, "global.set", place.indices.global(globals.builtinArgc));
      place.push(2);
      emit(w, "global.set", place.indices.global(globals.builtinArgv));
      for (const name of ["armed", "pending"] as const) {
        keep(name, I32, () => emit(w, "global.get", place.indices.global(globals[name])));
        emit(w, "i32.const", 1);
        emit(w, "global.set", place.indices.global(globals[name]));
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

function atDispatch(hook: number, values: readonly ProbeArgument[], fuel: boolean): CodeInPlace {
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
      for (const name of ["armed", "pending"] as const) {
        emit(w, "local.get", place.frameLocal(name, I32));
        emit(w, "global.set", global(name));
      }
      emit(w, "i32.const", -1);
      emit(w, "global.set", global("builtinArgc"));
    },
  };
}
