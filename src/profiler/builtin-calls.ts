/**
 * Frames for calls of builtins: probes where the engine calls its C functions, which say by pointer and magic which one
 * it is, and at the embedder's own natives (closures of Rust's, C functions with data), which are called otherwise. A
 * call costs two hooks, however many functions of the engine the builtin is made of.
 */
import type { CodeInPlace } from "../probe/action.ts";
import type { FunctionProbes } from "../probe/plan.ts";
import type { BuiltinGateway } from "../quickjs/natives/gateways.ts";
import { emit } from "../wasm/emit.ts";
import { I32 } from "../wasm/types.ts";
import { i32 } from "./engine-probes.ts";

export interface BuiltinCalls {
  readonly gateway: BuiltinGateway;
  /** Absolute indices of the embedder's natives; number n of them is told as -1 - n. */
  readonly embedded: readonly number[];
}

/** The probes by absolute function index. `hook`: the number of a hook in the plan. */
export function* builtinProbes(
  { gateway, embedded }: BuiltinCalls,
  hook: (name: "enterBuiltin" | "leaveBuiltin") => number,
): Iterable<[number, FunctionProbes]> {
  const exit = [{ hook: hook("leaveBuiltin"), arguments: [{ kind: "fuel" }] }] as const;
  yield [gateway.function, { entry: [atGateway(gateway, hook("enterBuiltin"))], exit }];
  for (const [n, index] of embedded.entries()) {
    const enter = {
      hook: hook("enterBuiltin"),
      arguments: [i32(-1 - n), i32(0), { kind: "fuel" }],
    } as const;
    yield [index, { entry: [enter], exit }];
  }
}

/** So much of a function object has to be in memory: a guest's damaged one traps where it would without us. */
const objectBytes = 64;

function atGateway({ cFunction, magic }: BuiltinGateway, hook: number): CodeInPlace {
  return {
    values: [{ kind: "local", index: 1 }, { kind: "fuel" }],
    write: (w, place) => {
      const object = place.scratch(I32);
      place.push(0);
      emit(w, "i32.wrap_i64");
      emit(w, "local.set", object);
      // an address that is not in memory reads as 0
      emit(w, "local.get", object);
      emit(w, "i64.extend_i32_u");
      emit(w, "i64.const", objectBytes);
      emit(w, "i64.add");
      emit(w, "memory.size", 0);
      emit(w, "i64.extend_i32_u");
      emit(w, "i64.const", 16);
      emit(w, "i64.shl");
      emit(w, "i64.gt_u");
      emit(w, "if", null);
      emit(w, "i32.const", 0);
      emit(w, "local.set", object);
      emit(w, "end");
      for (const [load, offset] of [
        ["i32.load", cFunction],
        ["i32.load16_s", magic],
      ] as const) {
        emit(w, "local.get", object);
        emit(w, load, { offset: BigInt(offset) });
      }
      place.push(1);
      emit(w, "call", place.indices.hook(hook));
    },
  };
}
