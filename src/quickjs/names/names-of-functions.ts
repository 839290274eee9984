/**
 * The name that each function goes by, as V8's stack traces would say it: `mapper`, `Shape.area`,
 * `get Shape.side`, `new Shape`, `Shape.#p`, `o.x`, `(module app.js)`; for what has no name and is given to a call what
 * takes it, and the named function around it: `map callback in total` (with the place where several are the same); and for
 * what really has none where it stands: `(anonymous app.js:14:27)`. births.ts finds what the code tells; this file puts it
 * into words.
 */

import type { BytecodeFunction, BytecodeUnit } from "../bytecode/function.ts";
import { functionPosition } from "../bytecode/line-table.ts";
import { isModuleRoot } from "../bytecode/module-root.ts";
import { engineById } from "../engines/versions.ts";
import { type Places, placesAsCompiled } from "../places.ts";
import type { Birth, Owner } from "./birth.ts";
import { births } from "./find-births.ts";

const asCompiled = placesAsCompiled((file) => file);

/**
 * One name a function, by index. Names need not be unique. `places`: where its code stands for the user; `callbacks`:
 * false leaves anonymous what was given to a call, since what takes a function does not tell it from another.
 */
export function displayNames(unit: BytecodeUnit, places: Places = asCompiled, callbacks = true): string[] {
  const engine = engineById(unit.engine);
  const found = births(unit, engine.opcodes);

  /** Where a function stands, `what` before it; its number where nobody knows. */
  const standing = (fn: BytecodeFunction, what: string): string => {
    const start = functionPosition(fn, engine.lines);
    if (start !== null) {
      const { file, line, column } = places.ofFunction(fn.file, start.line, start.column);
      return `(${what}${file}:${line}${column === null ? "" : `:${column}`})`;
    }
    return fn.codeStart === 0 ? `fn#${fn.index}` : `fn#${fn.index}@0x${fn.codeStart.toString(16)}`;
  };
  const anonymous = (fn: BytecodeFunction): string => standing(fn, "anonymous ");
  /** What was written for a name that stands at a function, or in front of it. */
  const original = (fn: BytecodeFunction | undefined, name: string, what: "function" | "owner"): string => {
    const start = fn ? functionPosition(fn, engine.lines) : null;
    return start === null || name === "" ? name : places.nameOf(fn!.file, start, name, what);
  };
  /** Of names of properties, minifiers change private ones alone. */
  const keyOf = (fn: BytecodeFunction, { key }: Birth): string =>
    key.startsWith("#") ? original(fn, key, "function") : key;
  const ownerName = (fn: BytecodeFunction, owner: Owner | string): string => {
    if (typeof owner === "string") {
      const [first = "", ...path] = owner.split(".");
      return [original(fn, first, "owner"), ...path].join(".");
    }
    const constructed = unit.functions[owner.constructorIndex];
    if (owner.name === "" && constructed !== undefined) return anonymous(constructed);
    return original(constructed ?? fn, owner.name, "owner");
  };
  const qualified = (fn: BytecodeFunction, birth: Birth, key: string): string => {
    const owner = birth.owner === null ? "" : ownerName(fn, birth.owner);
    return owner === "" ? key : `${owner}.${key}`;
  };
  const born = (fn: BytecodeFunction, birth: Birth): string => {
    switch (birth.role) {
      case "function":
        if (birth.owner === null) return original(fn, birth.key, "function");
        return birth.key === "" ? "" : qualified(fn, birth, keyOf(fn, birth));
      case "getter":
        return `get ${qualified(fn, birth, keyOf(fn, birth))}`;
      case "setter":
        return `set ${qualified(fn, birth, keyOf(fn, birth))}`;
      case "constructor":
        return `new ${birth.owner === null ? "" : ownerName(fn, birth.owner)}`;
      case "callback":
        return "";
      default:
        return qualified(fn, birth, `<${birth.role}>`);
    }
  };
  const own = unit.functions.map((fn) => {
    if (isModuleRoot(unit, fn)) return fn.file === "" ? "(module)" : `(module ${places.file(fn.file)})`;
    const birth = found[fn.index];
    return original(fn, fn.name, "function") || (birth === undefined ? "" : born(fn, birth));
  });
  const given = unit.functions.map((fn) => {
    const birth = found[fn.index];
    if (!callbacks || own[fn.index] !== "" || birth?.role !== "callback") return "";
    let around = unit.functions[fn.parent];
    while (around && own[around.index] === "") around = unit.functions[around.parent];
    const within = around && around.parent >= 0 ? ` in ${own[around.index]}` : "";
    return `${birth.key} callback${within}`;
  });
  const count = new Map<string, number>();
  for (const name of given) count.set(name, (count.get(name) ?? 0) + 1);
  return unit.functions.map((fn) => {
    const callback = given[fn.index]!;
    if (callback === "") return own[fn.index] || anonymous(fn);
    return count.get(callback) === 1 ? callback : `${callback} ${standing(fn, "")}`;
  });
}
