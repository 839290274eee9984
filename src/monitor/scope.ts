/**
 * Names where a piece of a script stands: the variables that it declared, block by block, and what the event binds.
 * An event's variables are found by their own name or as one of a family (`argN`), and a rule's bounds state types
 * that the event leaves open. Looking up throws Wrong with the likely cure, so that callers get a name or nothing.
 */

import { nearest } from "../base/nearest.ts";
import type { Event, Mode } from "./events.ts";
import type { Type } from "./language-types.ts";
import type { Problem, Span } from "./source.ts";
import type { Routine, Variable } from "./tree.ts";

/** Ends the checking of the statement that has the problem. */
export class Wrong extends Error {
  readonly problem: Problem;
  constructor(span: Span, message: string, cure?: string, more: Pick<Problem, "unknown" | "library"> = {}) {
    super(message);
    this.problem = { span, message, cure, ...more };
  }
}

/** What a rule's probe has from its event. */
export interface EventScope {
  readonly event: Event;
  readonly mode: Mode | null;
  readonly bounds: ReadonlyMap<string, Type>;
}

/** A bound variable as it can be used: its type is known. */
export interface UsableBound {
  readonly type: Type;
  readonly static: boolean;
  /** Of dynamic ones only: static ones are asked of the place. */
  readonly derivation: string | undefined;
}

const family = /^(arg|res|imm|local)\d+$/;

/** The name under which an event lists `name`: itself, or its family's. */
export function listedName(event: Event, name: string): string | undefined {
  const found = event.variables.find((variable) => variable.name === name);
  if (found) return name;
  const kind = family.exec(name)?.[1];
  return kind && event.variables.some((variable) => variable.name === `${kind}N`) ? `${kind}N` : undefined;
}

/** The whole rule as its event is named: wasm:opcode:call:before. */
export function eventName({ event, mode }: Pick<EventScope, "event" | "mode">): string {
  return [event.provider, event.package, event.name, mode].filter((part) => part !== null).join(":");
}

export function findBound(scope: EventScope, name: string, span: Span): UsableBound | undefined {
  const { event, mode, bounds } = scope;
  const listed = event.variables.find((variable) => variable.name === listedName(event, name));
  const stated = bounds.get(name);
  if (!listed && stated === undefined) return undefined;
  if (name.startsWith("res") && /\d$/.test(name) && mode !== "after")
    throw new Wrong(
      span,
      `${name} exists after the instruction only`,
      `write ${eventName({ event, mode: "after" })}`,
    );
  if (name === "failed" && mode !== "after")
    throw new Wrong(
      span,
      "failed is known after the instruction only",
      "write wasm:opcode:memory.grow:after",
    );
  if (name === "next" && mode !== "after")
    throw new Wrong(
      span,
      "next is known after the opcode only",
      `write ${eventName({ event, mode: "after" })}`,
    );
  const type = stated ?? listed!.type;
  if (type === null) {
    const part = name.startsWith("local") ? `wasm(${name}: i32):…` : `${event.name}(${name}: i32)`;
    throw new Wrong(span, `the type of ${name} depends on the place`, `state it in the rule: ${part}`);
  }
  const isStatic = listed?.static ?? name.startsWith("imm");
  return { type, static: isStatic, derivation: isStatic ? undefined : listed?.derivation };
}

/** Variables of the script, innermost block last. */
export class Scope {
  readonly #blocks: Map<string, Variable>[] = [new Map()];

  constructor(outer: Iterable<Variable> = []) {
    for (const variable of outer) this.#blocks[0]!.set(variable.name, variable);
    this.#blocks.push(new Map());
  }

  find(name: string): Variable | undefined {
    return this.#blocks.findLast((block) => block.has(name))?.get(name);
  }

  declare(variable: Variable): void {
    this.#blocks.at(-1)!.set(variable.name, variable);
  }

  /** Names declared inside end with `body`. */
  block<T>(body: () => T): T {
    this.#blocks.push(new Map());
    try {
      return body();
    } finally {
      this.#blocks.pop();
    }
  }

  get names(): string[] {
    return this.#blocks.flatMap((block) => [...block.keys()]);
  }
}

/** Parameters and results of a library's functions, as types of the language. */
export interface LibraryInterface {
  readonly functions: ReadonlyMap<string, { readonly params: readonly Type[]; readonly result: Type }>;
}

/** Where an expression stands. */
export interface Surroundings {
  readonly scope: Scope;
  /** null outside of probes. */
  readonly event: EventScope | null;
  readonly routines: ReadonlyMap<string, Routine>;
  /** The libraries that the script uses. */
  readonly libraries: ReadonlyMap<string, LibraryInterface>;
}

/** The problem of a name that nothing has. */
export function unknownName(
  what: string,
  name: string,
  span: Span,
  known: readonly string[],
  cure?: string,
): Wrong {
  const close = nearest(name, known);
  const library = what === "library" ? { library: name } : {};
  return new Wrong(span, `there is no ${what} named ${name}`, close ? `did you mean ${close}?` : cure, {
    ...{ unknown: true, ...library },
  });
}
