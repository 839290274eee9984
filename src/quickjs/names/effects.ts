/**
 * What the opcodes that create, name or look up values do on the abstract stack of births.ts, by name. Those that
 * only move values are in stack.ts; of every other one the engine's table says how much it pops and pushes.
 */

import type { Instruction } from "../bytecode/disassemble.ts";
import { constant, keyOf, member, type Stack, unknown, type Value } from "./abstract-stack.ts";
import type { Owner, Role } from "./birth.ts";

/** What follows the code of one function. */
export interface Machine {
  readonly stack: Stack;
  /** `this` */
  readonly receiver: Value;
  /** The text of an instruction's atom. */
  atom(instruction: Instruction): string;
  functionConstant(index: number): Value;
  /** A variable's value. */
  load(name: string): Value;
  /** `name` becomes the name of what is stored there, unless it has one. */
  store(name: string, value: Value): void;
  /** Names what has no name yet among the functions, or the class, that `value` may be. */
  nameAll(value: Value, key: string, owner: Owner | string | null, role?: Role): void;
  /** `value` becomes a property of `object`; the low bits of `flags` tell accessors. */
  property(value: Value, object: Value, key: string, flags: number): void;
  home(value: Value, home: Value): void;
  /** A class: its parent and constructor become the class and its prototype. */
  defineClass(name: string): void;
  /** `count` arguments lie on the stack, below them `between` values and the function that is called with them. */
  passed(count: number, between: number): void;
  /** A function that may be called right where it is created. */
  called(value: Value): void;
  jump(target: number): void;
  /** The effect that the opcode's row declares. */
  plain(instruction: Instruction): void;
}

export type Effect = (machine: Machine, instruction: Instruction) => void;

const call: Effect = (machine, instruction) => {
  machine.passed(instruction.operands[0]!, 0);
  machine.plain(instruction);
};

const pushConstant: Effect = (machine, { operands }) => {
  machine.stack.push(machine.functionConstant(operands[0]!));
};

const pushInteger: Effect = ({ stack }, { operands }) => {
  stack.push(constant(String(operands[0]!)));
};

const pushText: Effect = (machine, instruction) => {
  machine.stack.push(constant(machine.atom(instruction)));
};

const loadGlobal: Effect = (machine, instruction) => {
  machine.stack.push(machine.load(machine.atom(instruction)));
};

const storeGlobal: Effect = (machine, instruction) => {
  machine.store(machine.atom(instruction), machine.stack.pop());
};

export const effects: Readonly<Record<string, Effect>> = {
  fclosure: pushConstant,
  fclosure8: pushConstant,
  push_const: pushConstant,
  push_const8: pushConstant,
  push_atom_value: pushText,
  private_symbol: pushText,
  push_i32: pushInteger,
  push_i16: pushInteger,
  push_i8: pushInteger,
  push_minus1: pushInteger,
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((n) => [`push_${n}`, pushInteger])),
  push_this: ({ stack, receiver }) => stack.push(receiver),

  get_var: loadGlobal,
  get_var_undef: loadGlobal,
  put_var: storeGlobal,
  put_var_init: storeGlobal,
  // whether there is such a variable, as check_var found, and the value
  put_var_strict: (machine, instruction) => {
    const value = machine.stack.pop();
    machine.stack.pop();
    machine.store(machine.atom(instruction), value);
  },
  define_func: storeGlobal,

  // object -> value
  get_field: (machine, instruction) => {
    machine.stack.push(member(machine.stack.pop(), machine.atom(instruction)));
  },
  // object -> object value
  get_field2: (machine, instruction) => {
    machine.stack.push(member(machine.stack.peek(), machine.atom(instruction)));
  },
  // object key -> value
  get_array_el: ({ stack }) => {
    const [object = unknown, key = unknown] = stack.take(2);
    stack.push(member(object, key.text ?? ""));
  },
  // object key -> object value
  get_array_el2: ({ stack }) => {
    const key = stack.pop();
    stack.push(member(stack.peek(), key.text ?? ""));
  },

  // function -> function
  set_name: (machine, instruction) => {
    machine.nameAll(machine.stack.peek(), machine.atom(instruction), null);
  },
  // key function -> key function
  set_name_computed: (machine) => {
    const key = machine.stack.peek(1);
    // a private field's key is a variable that is named after it
    const name = key.path.startsWith("#") ? key.path : keyOf(key);
    machine.nameAll(machine.stack.peek(), name || "(computed)", null);
  },
  // home function -> home function
  set_home_object: (machine) => {
    machine.home(machine.stack.peek(), machine.stack.peek(1));
  },
  // object function -> object
  define_method: (machine, instruction) => {
    const value = machine.stack.pop();
    machine.property(value, machine.stack.peek(), machine.atom(instruction), instruction.operands[1]!);
  },
  // object key function -> object
  define_method_computed: (machine, { operands }) => {
    const [key = unknown, value = unknown] = machine.stack.take(2);
    machine.property(value, machine.stack.peek(), keyOf(key), operands[0]!);
  },
  // object value -> object
  define_field: (machine, instruction) => {
    machine.nameAll(machine.stack.pop(), machine.atom(instruction), null);
  },
  // object key value -> object key
  define_array_el: (machine) => {
    machine.nameAll(machine.stack.pop(), keyOf(machine.stack.peek()), null);
  },
  // object key value -> object
  define_private_field: (machine) => {
    const [key = unknown, value = unknown] = machine.stack.take(2);
    machine.nameAll(value, key.path, null);
  },
  // object value ->
  put_field: (machine, instruction) => {
    const [object = unknown, value = unknown] = machine.stack.take(2);
    machine.property(value, object, machine.atom(instruction), 0);
  },
  // object key value ->
  put_array_el: (machine) => {
    const [object = unknown, key = unknown, value = unknown] = machine.stack.take(3);
    machine.property(value, object, keyOf(key), 0);
  },
  // parent constructor -> class prototype
  define_class: (machine, instruction) => machine.defineClass(machine.atom(instruction)),
  // name parent constructor -> name class prototype
  define_class_computed: (machine) => {
    const name = machine.stack.peek(2);
    machine.defineClass(name.text ?? name.path);
  },
  // this function arguments… -> value
  call_method: (machine, instruction) => {
    machine.called(machine.stack.peek(instruction.operands[0]!));
    call(machine, instruction);
  },
  tail_call_method: call,
  // function arguments… -> value
  ...Object.fromEntries(
    ["call", "tail_call", "call0", "call1", "call2", "call3"].map((name) => [name, call]),
  ),
  // function new.target arguments… -> value
  call_constructor: (machine, instruction) => {
    machine.passed(instruction.operands[0]!, 1);
    machine.plain(instruction);
  },

  // -> where to go on; at the label the exception is in its place
  catch: (machine, { operands }) => {
    machine.stack.push(unknown);
    machine.jump(operands[0]!);
  },
  // at the label the way back is on the stack
  gosub: (machine, { operands }) => {
    machine.stack.push(unknown);
    machine.jump(operands[0]!);
    machine.stack.pop();
  },
};
