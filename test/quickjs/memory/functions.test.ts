/** Functions in the memory of a guest that stands still: inside a write, or where JS_CallInternal was entered. */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { describe, expect, test } from "vitest";
import { readUnit } from "../../../src/quickjs/bytecode/read-unit.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";
import { boxed, Glance } from "../../../src/quickjs/memory/checked-view.ts";
import {
  type FunctionFields,
  functionFields,
  functionOfActivation,
  functionOfObject,
  functionOfResumedFrame,
} from "../../../src/quickjs/memory/functions.ts";
import { contextRuntime, guestAtoms } from "../../../src/quickjs/memory/guest-atoms.ts";
import { identify, readUnitAt } from "../../../src/quickjs/memory/loaded-unit.ts";
import { displayNames } from "../../../src/quickjs/names/names-of-functions.ts";
import { compile, Engine } from "../../support/compile.ts";

const engine = engineById("ng26");
const layout = engine.memory;

const source = `
function deep(n) { return n === 0 ? probe() : deep(n - 1); }
class Shape { area() { return "\u00e9\u4e2d" + this.zzz; } get side() { return 1; } }
const probe = () => console.log(new Shape().area(), "mark");
function* gen() { yield 1; yield 2; }
const g = gen(); g.next(); g.next();
const dyn = new Function("a", "return function inner() { return a; }");
dyn(1);
deep(3);
`;

/** The memory as it was while the guest wrote. */
function stopped(bytecode: Uint8Array): { bytes: Uint8Array } {
  let bytes = new Uint8Array(0);
  new Engine((_text, _fd, guest) => {
    bytes = guest.bytes.slice();
  }).run(bytecode);
  return { bytes };
}

function functionsIn(memory: { bytes: Uint8Array }): FunctionFields[] {
  const found: FunctionFields[] = [];
  for (let at = 4; at < memory.bytes.length; at += 4) {
    const fields = functionFields(memory, layout, at);
    if (fields !== null) found.push(fields);
  }
  return found;
}

describe("a guest stopped inside console.log", () => {
  const payload = compile(source);
  const program = readUnit(payload);
  const memory = stopped(payload);
  const found = functionsIn(memory);
  const units = found.map((fields) => readUnitAt(memory, engine, fields.address));
  const root = units.find((unit) => unit !== null && identify(program, unit.unit))!;

  test("its functions are found among all words of the memory, and every one reads as a unit", () => {
    expect(units.length).toBeGreaterThan(program.functions.length);
    expect(units).not.toContain(null);
    const names = units.map((unit) => unit!.unit.functions[0]!.name);
    expect(names.filter((name) => name === "deep")).toHaveLength(1);
    // made by new Function: in no payload
    const inner = units[names.indexOf("inner")]!.unit.functions[0]!;
    expect(inner).toMatchObject({ file: "<input>" });
  });

  test("exactly one is the program, with the same names, code, lines and order", () => {
    expect(units.filter((unit) => identify(program, unit!.unit))).toHaveLength(1);
    expect(displayNames(root.unit)).toEqual(displayNames(program));
    root.unit.functions.forEach((fn, index) => {
      const { codeStart: _, code: __, literals: ___, atoms, ...rest } = program.functions[index]!;
      expect(fn).toMatchObject(rest);
      expect(new Map(fn.atoms)).toEqual(new Map(atoms));
      expect(fn.code.length).toBe(program.functions[index]!.code.length);
    });
    expect(root.addresses).toHaveLength(program.functions.length);
    expect(new Set(root.addresses).size).toBe(program.functions.length);
  });

  test("loading rewrote the code, so bytes alone would not have told", () => {
    const changed = program.functions.filter((fn, index) =>
      fn.code.some((byte, i) => byte !== root.unit.functions[index]!.code[i]),
    );
    expect(changed.length).toBeGreaterThan(0);
  });

  test("identify tells programs of the same shape apart", () => {
    const other = (text: string) => readUnit(compile(text));
    expect(identify(other(source.replace("zzz", "yyy")), root.unit)).toBe(false);
    expect(identify(other(source.replace("yield 2", "yield 3")), root.unit)).toBe(false);
    expect(identify(other(`\n${source}`), root.unit)).toBe(false);
    expect(identify(other(source.replace("deep(3)", "deep(4)")), root.unit)).toBe(false);
    expect(identify(other(source), root.unit)).toBe(true);
  });

  test("the context leads to the runtime's atoms, nothing else does", () => {
    const realm = found[0]!.realm;
    const runtime = contextRuntime(memory, engine, realm)!;
    expect(guestAtoms(memory, engine, runtime)!.get(1)).toEqual({ kind: "string", text: "null" });
    expect(guestAtoms(memory, engine, runtime)!.get(engine.table.firstSymbolAtom)).toEqual({
      kind: "symbol",
      text: "Symbol.toPrimitive",
    });
    expect(guestAtoms(memory, engine, runtime)!.get(0x8000_0007)?.text).toBe("7");
    expect(guestAtoms(memory, engine, runtime)!.get(0x7fff_ffff)).toBeNull();
    expect(contextRuntime(memory, engine, realm + 4)).toBeNull();
    expect(contextRuntime(memory, engine, runtime)).toBeNull();
    expect(contextRuntime(memory, engine, 0)).toBeNull();
    expect(guestAtoms(memory, engine, realm)).toBeNull();
  });

  test("objects and suspended generators lead to their functions", () => {
    const gen = root.addresses[program.functions.findIndex((fn) => fn.name === "gen")]!;
    const deep = root.addresses[program.functions.findIndex((fn) => fn.name === "deep")]!;
    const objects: number[] = [];
    const states: number[] = [];
    for (let at = 4; at < memory.bytes.length - layout.object.size; at += 4) {
      const bytecode = functionOfObject(memory, layout, at);
      if (bytecode === deep) objects.push(at);
      if (functionOfResumedFrame(memory, layout, at) === gen) states.push(at);
    }
    expect(objects).toHaveLength(1);
    const code = functionFields(memory, layout, deep)!.code;
    const object = BigInt.asUintN(64, (-1n << 32n) | BigInt(objects[0]!));
    expect(functionOfActivation(memory, layout, object, code)).toMatchObject({
      bytecode: deep,
      resumed: false,
    });
    expect(functionOfActivation(memory, layout, object, code - 1)).toBeNull();
    const { codeLength } = functionFields(memory, layout, deep)!;
    expect(functionOfActivation(memory, layout, object, code + codeLength)).toBeNull();
    expect(functionOfActivation(memory, layout, 3n << 32n, code)).toBeNull();

    // one of them is the state itself, where the frame says how it goes on: at the second yield
    const fields = functionFields(memory, layout, gen)!;
    const view = new DataView(memory.bytes.buffer);
    const resumable = states
      .map((state) => ({ state, pc: view.getUint32(state + layout.resumed.pc, true) }))
      .filter(({ pc }) => pc > fields.code && pc < fields.code + fields.codeLength);
    expect(resumable).toHaveLength(1);
    const { state, pc } = resumable[0]!;
    expect(functionOfActivation(memory, layout, BigInt(state), pc)).toMatchObject({
      bytecode: gen,
      resumed: true,
    });
    const before = program.functions.find((fn) => fn.name === "gen")!.code[pc - fields.code - 1]!;
    expect(engine.opcodes[before]!.name).toBe("yield");
  });

  test("a function that was tampered with is none", () => {
    const { address } = found.find((fields) => fields.address === root.addresses[0])!;
    const field = layout.function;
    for (const offset of [field.code, field.constants, field.constantCount, field.variables]) {
      const bytes = memory.bytes.slice();
      const view = new DataView(bytes.buffer);
      view.setUint32(address + offset, view.getUint32(address + offset, true) + 4, true);
      expect(functionFields({ bytes }, layout, address), `offset ${offset}`).toBeNull();
    }
    for (const wrong of [
      0,
      2,
      address + 2,
      address + 4,
      memory.bytes.length - 4,
      memory.bytes.length,
      -8,
      2 ** 32,
    ])
      expect(functionFields(memory, layout, wrong)).toBeNull();
  });

  test("a tree with a broken inner function, a cycle, or an atom that is none does not read", () => {
    const [top] = root.addresses;
    const fields = functionFields(memory, layout, top!)!;
    const broken = (change: (view: DataView) => void) => {
      const bytes = memory.bytes.slice();
      change(new DataView(bytes.buffer));
      return readUnitAt({ bytes }, engine, top!);
    };
    expect(broken(() => {})).not.toBeNull();
    expect(broken((view) => view.setUint32(fields.constants, 64, true))).toBeNull();
    expect(broken((view) => view.setUint32(fields.constants, top!, true))).toBeNull();
    expect(broken((view) => view.setUint32(top! + layout.function.file, 0x7000_0000, true))).toBeNull();
    expect(broken((view) => view.setUint8(fields.code, 255))).toBeNull();
  });
});

/** The part of binaryen that its types leave out. */
const { Function: functions } = binaryen as unknown as {
  Function: { getBody(fn: number): number; setBody(fn: number, body: number): void };
};

/** The plugin, with a call of "test" "entered" at the start of JS_CallInternal: its context and its func_obj. */
function instrumented(): WebAssembly.Module {
  const { i32, i64, none } = binaryen;
  const module = binaryen.readBinary(readFileSync(new URL("../../../plugin/plugin.wasm", import.meta.url)));
  module.addFunctionImport("entered", "test", "entered", binaryen.createType([i32, i64]), none);
  const target = module.getFunction("JS_CallInternal");
  expect(binaryen.expandType(binaryen.getFunctionInfo(target).params)).toEqual([
    i32,
    i64,
    i64,
    i64,
    i32,
    i32,
    i32,
  ]);
  const call = module.call("entered", [module.local.get(0, i32), module.local.get(1, i64)], none);
  functions.setBody(target, module.block(null, [call, functions.getBody(target)]));
  const bytes = module.emitBinary().slice();
  module.dispose();
  return new WebAssembly.Module(bytes);
}

test("at each entry of JS_CallInternal its arguments lead to the function that runs", () => {
  const calls: Record<string, number> = {};
  let native = 0;
  const guest = new Engine(() => {}, instrumented(), {
    entered: (context: number, funcObj: bigint) => {
      const memory = { bytes: guest.bytes };
      expect(contextRuntime(memory, engine, context)).not.toBeNull();
      const { tag, pointer } = boxed(funcObj);
      const isObject = tag === layout.value.tagObject;
      const find = isObject ? functionOfObject : functionOfResumedFrame;
      const address = find(memory, layout, pointer);
      if (address === null) {
        native++;
        return;
      }
      // where the first dispatch will be
      const { code } = functionFields(memory, layout, address)!;
      const pc = isObject ? code : new Glance(memory).u32(pointer + layout.resumed.pc);
      const activation = functionOfActivation(memory, layout, funcObj, pc)!;
      const [fn] = readUnitAt(memory, engine, activation.bytecode)!.unit.functions;
      if (fn!.file !== "function.mjs") return;
      const how = isObject ? "called" : activation.resumed ? "resumed" : "started";
      const key = `${fn!.name || `line ${fn!.line}`} ${how}`;
      calls[key] = (calls[key] ?? 0) + 1;
    },
  });
  guest.run(
    compile(`
    function plain() { return [2, 1].sort((a, b) => a - b); }
    async function waits() { await 1; await 2; }
    function* gen() { yield 1; yield 2; }
    plain(); waits(); for (const v of gen()) String(v);
    new (class Shape {})();
  `),
  );
  expect(calls).toEqual({
    // the module's root hoists as a plain call, and is evaluated as an async function
    "<eval> called": 1,
    "<eval> started": 1,
    "plain called": 1,
    "line 2 called": 1,
    "line 6 called": 1,
    // functions of the other kinds are called, which only makes their state, and then started and resumed
    "waits called": 1,
    "waits started": 1,
    "waits resumed": 2,
    "gen called": 1,
    "gen started": 1,
    "gen resumed": 3,
  });
  expect(native).toBeGreaterThan(0);
});
