/**
 * The name that each function goes by, as V8's stack traces would say it: `mapper`, `Shape.area`,
 * `get Shape.side`, `new Shape`, `Shape.#p`, `o.x`, `(module app.js)`, and for what really has no name where it
 * stands: `(anonymous app.js:14:27)`. births.ts finds what the code tells; this file puts it into words.
 */

import type { BytecodeFunction, BytecodeUnit } from "../bytecode/function.ts";
import { functionPosition } from "../bytecode/line-table.ts";
import { isModuleRoot } from "../bytecode/module-root.ts";
import { engineById } from "../engines/versions.ts";
import { type Places, placesAsCompiled } from "../places.ts";
import type { Birth, Owner } from "./birth.ts";
import { births } from "./find-births.ts";

const asCompiled = placesAsCompiled((file) => file);

/** One name a function, by index. Names need not be unique. `places`: where its code stands for the user. */
export function displayNames(unit: BytecodeUnit, places: Places = asCompiled): string[] {
  const engine = engineById(unit.engine);
  const found = births(unit, engine.opcodes);

  const anonymous = (fn: BytecodeFunction): string => {
    const start = functionPosition(fn, engine.lines);
    if (start !== null) {
      const { file, line, column } = places.at(fn.file, start.line, start.column);
      return `(anonymous ${file}:${line}${column === null ? "" : `:${column}`})`;
    }
    return fn.codeStart === 0 ? `fn#${fn.index}` : `fn#${fn.index}@0x${fn.codeStart.toString(16)}`;
  };
  const ownerName = (owner: Owner | string): string => {
    if (typeof owner === "string") return owner;
    const constructed = unit.functions[owner.constructorIndex];
    return owner.name !== "" || constructed === undefined ? owner.name : anonymous(constructed);
  };
  const qualified = (birth: Birth, key: string): string => {
    const owner = birth.owner === null ? "" : ownerName(birth.owner);
    return owner === "" ? key : `${owner}.${key}`;
  };
  const born = (birth: Birth): string => {
    switch (birth.role) {
      case "function":
        return birth.key === "" ? "" : qualified(birth, birth.key);
      case "getter":
        return `get ${qualified(birth, birth.key)}`;
      case "setter":
        return `set ${qualified(birth, birth.key)}`;
      case "constructor":
        return `new ${birth.owner === null ? "" : ownerName(birth.owner)}`;
      default:
        return qualified(birth, `<${birth.role}>`);
    }
  };
  return unit.functions.map((fn) => {
    if (isModuleRoot(unit, fn)) return fn.file === "" ? "(module)" : `(module ${places.file(fn.file)})`;
    const birth = found[fn.index];
    return fn.name || (birth === undefined ? "" : born(birth)) || anonymous(fn);
  });
}
