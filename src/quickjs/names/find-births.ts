/**
 * How each function of a unit comes to be: a small abstract interpretation of the code that creates it. The
 * bytecode keeps only the name after the `function` keyword; methods, accessors, constructors and arrow functions
 * have theirs in the code of the function around them, next to the closure:
 *
 *   push_const 8; define_class "Shape"; fclosure 6; define_method "area"   →  a constructor; Shape, area
 *   get_var_ref o; fclosure 17; put_field "x"                              →  o, x
 *
 * Code is followed once, in order; where paths join, a value may be what either side made it. effects.ts and
 * stack.ts say what opcodes do, the engine's table the rest.
 */

import {
  diverts,
  type Instruction,
  instructions,
  isLabel,
  operandKinds,
  popsArguments,
} from "../bytecode/disassemble.ts";
import type { BytecodeFunction, BytecodeUnit } from "../bytecode/function.ts";
import type { Opcode } from "../engines/opcodes/table.ts";
import {
  calleeName,
  closure,
  joined,
  moves,
  pathOf,
  Stack,
  unknown,
  type Value,
  variable,
} from "./abstract-stack.ts";
import type { Birth, Owner, Role } from "./birth.ts";
import { effects, type Machine } from "./effects.ts";

/** A function's birth by its index; undefined where nothing tells. */
export function births(unit: BytecodeUnit, opcodes: readonly Opcode[]): readonly (Birth | undefined)[] {
  const found: (Birth | undefined)[] = unit.functions.map(() => undefined);
  const takers = new Map<number, string>();
  const receivers: Value[] = [];
  for (const fn of unit.functions) {
    const receiver = receiverOf(fn, found[fn.index], receivers[fn.parent]);
    receivers.push(receiver);
    if (fn.constants.some((index) => index >= 0)) new Tracer(fn, receiver, found, takers).run(opcodes);
  }
  for (const [index, key] of takers) found[index] ??= { role: "callback", owner: null, key };
  return found;
}

/** What `this` is in a function: its class; the enclosing function's where it is captured. */
function receiverOf(fn: BytecodeFunction, birth: Birth | undefined, outer: Value = unknown): Value {
  if (typeof birth?.owner === "string") return variable(birth.owner);
  if (birth?.owner) return { ...unknown, owner: birth.owner };
  if (fn.closure.some((captured) => captured.name === "this")) return outer;
  return /^\p{Lu}/u.test(fn.name) ? variable(fn.name) : unknown;
}

/** What an opcode does to the machine, and whether control goes on behind it. */
interface Step {
  readonly act: (tracer: Tracer, instruction: Instruction) => void;
  readonly ends: boolean;
}

const known = new WeakMap<readonly Opcode[], readonly Step[]>();

/** By opcode; looked up once an engine, since a program has millions of instructions. */
function stepsOf(opcodes: readonly Opcode[]): readonly Step[] {
  let steps = known.get(opcodes);
  if (!steps) {
    steps = opcodes.map((opcode) => ({ act: actOf(opcode), ends: diverts.has(opcode.name) }));
    known.set(opcodes, steps);
  }
  return steps;
}

function actOf(opcode: Opcode): Step["act"] {
  const move = moves[opcode.name];
  if (move !== undefined) {
    const [count, order] = move;
    return ({ stack }) => {
      const values = stack.take(count);
      for (const index of order) stack.push(values[index]!);
    };
  }
  return effects[opcode.name] ?? variableAct(opcode) ?? plainAct(opcode);
}

type VariableSort = "loc" | "arg" | "var_ref";

/** Loads and stores of variables: the opcode's name says which sort, and what is done. Undefined for any other opcode. */
function variableAct({ name, pushes }: Opcode): Step["act"] | undefined {
  const action = /^(get|put|set)_(loc|arg|var_ref)/.exec(name);
  if (action === null || name === "set_loc_uninitialized") return undefined;
  const [, verb, sort] = action as unknown as readonly [string, string, VariableSort];
  if (verb === "get")
    return (tracer, { operands }) => {
      // one opcode loads two variables
      for (let i = 0; i < pushes; i++) tracer.stack.push(tracer.load(tracer.nameOf(sort, operands[0]! + i)));
    };
  return (tracer, { operands }) => {
    tracer.store(tracer.nameOf(sort, operands[0]!), tracer.stack.peek());
    if (verb === "put") tracer.stack.pop();
  };
}

const plainActs = new WeakMap<Opcode, Step["act"]>();

/** The effect that the opcode's row declares: call arguments are popped besides; a jump takes the stack along. */
function plainAct(opcode: Opcode): Step["act"] {
  const { pops, pushes } = opcode;
  const [first] = operandKinds(opcode);
  const counts = popsArguments(opcode);
  const jumps = first !== undefined && isLabel(first);
  return (tracer, { operands }) => {
    tracer.stack.drop(pops + (counts ? operands[0]! : 0));
    for (let i = 0; i < pushes; i++) tracer.stack.push(unknown);
    if (jumps) tracer.jump(operands[0]!);
  };
}

/** By the low bits of a method's flags. */
const methodRoles: readonly Role[] = ["function", "getter", "setter"];

class Tracer implements Machine {
  readonly stack = new Stack();
  readonly receiver: Value;
  readonly #fn: BytecodeFunction;
  readonly #births: (Birth | undefined)[];
  /** The stack that jumps bring to a code offset. */
  readonly #arriving = new Map<number, readonly Value[]>();
  /** What functions were given to as arguments. */
  readonly #takers: Map<number, string>;
  /** The home object that a function was given. */
  readonly #homes = new Map<number, Value>();

  constructor(
    fn: BytecodeFunction,
    receiver: Value,
    found: (Birth | undefined)[],
    takers: Map<number, string>,
  ) {
    this.#takers = takers;
    this.#fn = fn;
    this.receiver = receiver;
    this.#births = found;
  }

  run(opcodes: readonly Opcode[]): void {
    const steps = stepsOf(opcodes);
    let live = true;
    for (const instruction of instructions(this.#fn.code, opcodes)) {
      const arriving = this.#arriving.get(instruction.offset);
      if (!live) this.stack.restore(arriving ?? []);
      else if (arriving !== undefined) this.stack.restore(joined(arriving, this.stack.snapshot()));
      const step = steps[instruction.opcode.code]!;
      step.act(this, instruction);
      live = !step.ends;
    }
    // a function with a class for its home that nothing names initializes that class or its instances
    for (const [index, { owner, isPrototype }] of this.#homes) {
      const role = isPrototype ? "instance initializer" : "static initializer";
      if (owner !== null) this.#births[index] ??= { role, owner, key: "" };
    }
  }

  /** The effect that the opcode's row declares, for those that have one of their own besides. */
  plain(instruction: Instruction): void {
    const { opcode } = instruction;
    let act = plainActs.get(opcode);
    if (!act) plainActs.set(opcode, (act = plainAct(opcode)));
    act(this, instruction);
  }

  jump(target: number): void {
    const before = this.#arriving.get(target);
    const values = this.stack.snapshot();
    this.#arriving.set(target, before === undefined ? values : joined(before, values));
  }

  /** The name of a variable of some sort. */
  nameOf(sort: VariableSort, index: number): string {
    if (sort === "var_ref") return this.#fn.closure[index]?.name ?? "";
    return this.#fn.variables[sort === "arg" ? index : this.#fn.argumentCount + index] ?? "";
  }

  load(name: string): Value {
    if (name === "this") return this.receiver;
    // the compiler's own variables, `<home_object>` or `new.target`, are no part of a name
    return name.includes("<") || name.includes(".") ? unknown : variable(name);
  }

  store(name: string, value: Value): void {
    if (name.startsWith("#")) {
      const setter = name.endsWith("<set>");
      this.nameAll(value, setter ? name.slice(0, -5) : name, null, setter ? "setter" : "getter");
    } else if (!name.startsWith("<")) {
      this.nameAll(value, name === "*default*" ? "default" : name, null);
    }
  }

  nameAll(value: Value, key: string, owner: Owner | string | null, role: Role = "function"): void {
    if (value.owner !== null && !value.isPrototype && value.owner.name === "" && key !== "")
      value.owner.name = typeof owner === "string" ? `${owner}.${key}` : key;
    for (const index of value.functions)
      this.#births[index] ??= { role, owner: owner ?? this.#homes.get(index)?.owner ?? null, key };
  }

  property(value: Value, object: Value, key: string, flags: number): void {
    const role = methodRoles[flags & 3] ?? "function";
    this.nameAll(value, key || "(computed)", object.owner ?? (pathOf(object) || null), role);
  }

  home(value: Value, home: Value): void {
    for (const index of value.functions) this.#homes.set(index, home);
  }

  defineClass(name: string): void {
    const [, constructed = unknown] = this.stack.take(2);
    const constructorIndex = constructed.functions[0] ?? -1;
    const owner: Owner = { name, constructorIndex };
    if (constructorIndex >= 0) this.#births[constructorIndex] ??= { role: "constructor", owner, key: "" };
    this.stack.push({ ...unknown, owner });
    this.stack.push({ ...unknown, owner, isPrototype: true });
  }

  /** A static block is a function that the class's static initializer calls where it creates it. */
  called(value: Value): void {
    const birth = this.#births[this.#fn.index];
    if (birth?.role !== "static initializer") return;
    for (const index of value.functions)
      this.#births[index] ??= { role: "static block", owner: birth.owner, key: "" };
  }

  passed(count: number, between: number): void {
    const taker = calleeName(this.stack.peek(count + between));
    if (taker === "") return;
    for (let i = 0; i < count; i++)
      for (const index of this.stack.peek(i).functions)
        if (!this.#takers.has(index)) this.#takers.set(index, taker);
  }

  functionConstant(index: number): Value {
    return closure(this.#fn.constants[index] ?? -1);
  }

  atom(instruction: Instruction): string {
    return this.#fn.atoms.get(instruction.offset + 1) ?? "";
  }
}
