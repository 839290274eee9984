/**
 * Where exceptions lead in a function's code. `catch` names a handler and keeps the depth of the operand stack in a value
 * on it; when an opcode fails, the interpreter drops values as far as that one, pushes what was thrown, and goes on at the
 * handler. Code reaches a handler in no other way, which is looked at here rather than believed.
 *
 * What `finally` and `using` throw on behind their own code is an opcode `throw` that the compiler made:
 *
 *   handler: gosub finally / throw      or, where nothing is to be done in between,      handler: throw
 *
 * and where only a `using` failed, using_dispose_end.
 * Depths are found as the compiler finds how much stack a function needs (compute_stack_size of quickjs.c).
 */
import type { Opcode } from "../engines/opcodes/table.ts";
import {
  diverts,
  type Instruction,
  instructions,
  isLabel,
  operandKinds,
  popsArguments,
} from "./disassemble.ts";

export interface ExceptionFlow {
  /** By code offset of the handler: how many values lie on the operand stack below the exception. */
  readonly handlers: ReadonlyMap<number, number>;
  /** Offsets of the opcodes of throw statements, and of those that throw on what a handler was given. */
  readonly throws: ReadonlySet<number>;
  readonly rethrows: ReadonlySet<number>;
  /** Whether control comes from the opcode at `from` to the handler at `to` by an exception, and by nothing else. */
  throwsFrom(from: number, to: number): boolean;
  /** The offset of the opcode that ends where another begins, or -1. */
  before(offset: number): number;
}

/** They drop what they end with, where a handler throws on: no expression that is thrown ends so. */
const endsOfHandlers = /^(gosub|drop|using_dispose)/;

/** @throws DecodeError where the code is damaged. */
export function exceptionFlow(code: Uint8Array, opcodes: readonly Opcode[]): ExceptionFlow {
  const list = [...instructions(code, opcodes)];
  const targets = new Set(
    list.filter(({ opcode }) => opcode.name === "catch").map((one) => one.operands[0]!),
  );
  const ordinary = new Map<number, number[]>();
  const endings = new Map<number, number>();
  const [throws, rethrows] = [new Set<number>(), new Set<number>()];
  list.forEach((one, i) => {
    const { offset, opcode } = one;
    endings.set(offset + opcode.size, offset);
    const follows = diverts.has(opcode.name) ? [] : [offset + opcode.size];
    for (const to of [...follows, ...jumps(one)])
      if (targets.has(to)) ordinary.set(to, [...(ordinary.get(to) ?? []), offset]);
    const handler = targets.has(offset) || endsOfHandlers.test(list[i - 1]?.opcode.name ?? "");
    if (opcode.name === "throw") (handler ? rethrows : throws).add(offset);
    if (opcode.name === "using_dispose_end") rethrows.add(offset);
  });
  return {
    handlers: targets.size === 0 ? new Map() : handlerDepths(list),
    ...{ throws, rethrows },
    throwsFrom: (from, to) => targets.has(to) && !ordinary.get(to)?.includes(from),
    before: (offset) => endings.get(offset) ?? -1,
  };
}

/** Where an opcode may lead to besides the next one, without an exception. */
function jumps({ opcode, operands }: Instruction): number[] {
  if (opcode.name === "catch") return [];
  return operandKinds(opcode).flatMap((kind, i) => (isLabel(kind) ? [operands[i]!] : []));
}

/** What lies on the stack behind a jump, compared with what lies there where none is taken. */
function jumpEffect(name: string): number {
  if (name === "gosub" || name === "with_get_var" || name === "with_delete_var") return 1;
  if (name === "with_put_var") return -1;
  return name.startsWith("with_") ? 2 : 0;
}

interface State {
  readonly depth: number;
  /** Offset of the opcode that made the innermost value which names a handler, -1 without one. */
  readonly catcher: number;
}

/** The operand stack's depth at each `catch` that can be reached, by the handler's offset. */
function handlerDepths(list: readonly Instruction[]): Map<number, number> {
  const at = new Map(list.map((one) => [one.offset, one]));
  const states = new Map<number, State>();
  const found = new Map<number, number>();
  const queue: number[] = [];
  const reach = (offset: number, state: State) => {
    if (states.has(offset)) return;
    states.set(offset, state);
    queue.push(offset);
  };
  reach(0, { depth: 0, catcher: -1 });
  for (let offset = queue.pop(); offset !== undefined; offset = queue.pop()) {
    const one = at.get(offset);
    if (!one) continue;
    const { opcode, operands } = one;
    const { name } = opcode;
    const state = states.get(offset)!;
    const counted = popsArguments(opcode) ? operands[0]! : 0;
    const depth = state.depth + opcode.pushes - opcode.pops - counted;
    if (name === "catch") {
      found.set(operands[0]!, state.depth);
      reach(operands[0]!, { depth, catcher: state.catcher });
    }
    for (const to of jumps(one)) reach(to, { depth: depth + jumpEffect(name), catcher: state.catcher });
    if (!diverts.has(name)) reach(offset + opcode.size, behind(name, offset, state, depth));
  }
  return found;

  /** The state behind an opcode that ran. */
  function behind(name: string, offset: number, { catcher }: State, depth: number): State {
    if (/^(catch|for_of_start|for_await_of_start)$/.test(name)) return { depth, catcher: offset };
    const outer = states.get(catcher);
    if (!outer) return { depth, catcher };
    const level = outer.depth + (at.get(catcher)!.opcode.name === "catch" ? 0 : 1);
    if (name === "nip_catch") return { depth: level + 1, catcher: outer.catcher };
    const dropped = { drop: depth, nip: depth - 1, nip1: depth - 1, iterator_close: depth + 2 }[name];
    return dropped === level ? { depth, catcher: outer.catcher } : { depth, catcher };
  }
}
