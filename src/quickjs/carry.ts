/**
 * Lines for bytecode that was stripped of them: its source, compiled again, makes the same code, with file, line and
 * column. `carryDebug` walks both programs and gives each stripped function the debug information of its counterpart.
 *
 *   stripped: root ─ f, g, (anonymous)        compiled from an edited source: root' ─ f, g', h, (anonymous)
 *   f by its name and its code; g is another now and keeps none; the anonymous one if its code stands alone
 *
 * Nothing is guessed. A counterpart has the same code, names by their text, constants and captured variables, and it
 * stands at the same place of a function that is the same, with the same functions inside. Where those differ, only
 * a name that no sibling shares makes it the same: without one, two functions with the same code around others may
 * have changed places. Inside of a function that is not the same, a counterpart is that of the same name, or else
 * the only one with this code in all of either program; and where the two around may not be one and the same
 * function, edited, names say nothing either.
 *
 * That code does not depend on debug information was read from quickjs.c: newer engines leave it out while writing
 * (JS_WriteFunctionTag); older ones (JS_MODE_STRIP) make no line table in resolve_labels, and forget the names of
 * arguments, local and captured variables too, which are then carried over with the lines.
 */
import { CodeAtoms } from "./bytecode/code-atoms.ts";
import type { BytecodeFunction, BytecodeUnit } from "./bytecode/function.ts";
import { debugOf } from "./carried-debug.ts";
import { displayNames } from "./names/names-of-functions.ts";

/** Why a function kept no lines. */
export type LossReason =
  /** Its counterpart has other code. */
  | "differs"
  /** The source has no such function. */
  | "absent"
  /** More than one function of either program could be it. */
  | "ambiguous"
  /** Its counterpart has no debug information either. */
  | "no debug information"
  /** Another engine compiled it. */
  | "other engine";

export interface LostFunction {
  /** Index in the unit. */
  readonly index: number;
  readonly name: string;
  readonly reason: LossReason;
}

export interface Carried {
  /** The stripped program, with what could be carried over. */
  readonly unit: BytecodeUnit;
  /** How many functions got lines. */
  readonly carried: number;
  /** Functions without debug information that got none. */
  readonly lost: readonly LostFunction[];
}

/** Whether a function was stripped: with debug information it has a file, even where it has no line. */
export function lacksDebug(fn: Pick<BytecodeFunction, "file" | "line">): boolean {
  return fn.file === "" && fn.line === 0;
}

export function carryDebug(stripped: BytecodeUnit, compiled: BytecodeUnit): Carried {
  const found = counterparts(stripped, compiled);
  const lost: LostFunction[] = [];
  let carried = 0;
  let names: readonly string[] | undefined;
  const functions = stripped.functions.map((fn, index) => {
    const source = found[index]!;
    if (!lacksDebug(fn)) return fn;
    if (typeof source === "string" || lacksDebug(source)) {
      names ??= displayNames(stripped, undefined, false);
      const reason = typeof source === "string" ? source : "no debug information";
      lost.push({ index, name: names[index]!, reason });
      return fn;
    }
    carried++;
    return { ...fn, ...debugOf(source) };
  });
  return { unit: { ...stripped, functions }, carried, lost };
}

/** Of each function of a program the one in another program that it is, or why there is none. */
export function counterparts(
  ours: BytecodeUnit,
  theirs: BytecodeUnit,
): readonly (BytecodeFunction | LossReason)[] {
  if (ours.engine !== theirs.engine) return ours.functions.map(() => "other engine");
  // of one source by one compiler, which is the rule: then nothing is to be matched
  if (isSameProgram(ours, theirs)) return theirs.functions;
  return new Match(ours, theirs).found;
}

/** Whether all functions are the same, and in the same order. False where that is not told at a look. */
function isSameProgram(ours: BytecodeUnit, theirs: BytecodeUnit): boolean {
  return (
    ours.functions.length === theirs.functions.length &&
    ours.functions.every((fn, index) => hasSameContents(fn, theirs.functions[index]!))
  );
}

/** Whether two functions have the same `contents`, variables and indices included. */
function hasSameContents(a: BytecodeFunction, b: BytecodeFunction): boolean {
  const [literals, others] = [a.literals ?? [], b.literals ?? []];
  return (
    a.name === b.name &&
    a.kind === b.kind &&
    a.argumentCount === b.argumentCount &&
    a.isDerivedConstructor === b.isDerivedConstructor &&
    a.hasPrototype === b.hasPrototype &&
    Buffer.compare(a.code, b.code) === 0 &&
    hasSameAtoms(a, b) &&
    every(a.constants, b.constants, (one, other) => one === other) &&
    every(literals, others, (one, other) => Buffer.compare(one, other) === 0) &&
    every(a.variables, b.variables, (one, other) => one === other) &&
    every(
      a.closure,
      b.closure,
      (one, other) => one.type === other.type && one.index === other.index && one.name === other.name,
    )
  );
}

function hasSameAtoms({ atoms: a }: BytecodeFunction, { atoms: b }: BytecodeFunction): boolean {
  return a === b || (a instanceof CodeAtoms && b instanceof CodeAtoms && a.isSame(b));
}

function every<T>(a: readonly T[], b: readonly T[], isSame: (one: T, other: T) => boolean): boolean {
  return a.length === b.length && a.every((one, i) => isSame(one, b[i]!));
}

class Match {
  /** By index of a stripped function: its counterpart, or why it has none. */
  readonly found: (BytecodeFunction | LossReason)[] = [];
  readonly #ours: Side;
  readonly #theirs: Side;

  constructor(ours: BytecodeUnit, theirs: BytecodeUnit) {
    // variables that were kept were kept for every function but those that have none
    const named = ours.functions.every(({ variables, argumentCount }) => variables.length >= argumentCount);
    const numbers = new Map<string, number>();
    this.#ours = new Side(ours, named, numbers);
    this.#theirs = new Side(theirs, named, numbers);
    this.#pair(0, 0, true);
  }

  /**
   * Two functions at the same place. `same`: that they are counterparts is known, by name or because both are the
   * program. `edited`: if they are not, then ours was changed into theirs, as no other one beside them was.
   */
  #pair(our: number, their: number, same: boolean, edited = same): void {
    const [ours, theirs] = [this.#ours.inside(our), this.#theirs.inside(their)];
    if (this.#ours.tree[our] === this.#theirs.tree[their]) {
      this.found[our] = this.#theirs.functions[their]!;
      ours.forEach((inner, place) => void this.#pair(inner, theirs[place]!, true));
    } else if (same && this.#ours.own[our] === this.#theirs.own[their]) {
      this.found[our] = this.#theirs.functions[their]!;
      const named = this.#byName(ours, theirs);
      const changed = ours.filter((inner, i) => this.#ours.tree[inner] !== this.#theirs.tree[theirs[i]!]);
      ours.forEach((inner, place) => {
        const byName = named.get(inner) === theirs[place];
        this.#pair(inner, theirs[place]!, byName, byName || changed.length === 1);
      });
    } else {
      this.found[our] = "differs";
      this.#align(ours, theirs, edited);
    }
  }

  /** Functions whose name none beside them has, with those of that name on the other side. */
  #byName(ours: readonly number[], theirs: readonly number[]): ReadonlyMap<number, number> {
    const theirNamed = soleBy(theirs, (index) => this.#theirs.names[index]!);
    const found = new Map<number, number>();
    for (const [name, our] of soleBy(ours, (index) => this.#ours.names[index]!)) {
      const their = theirNamed.get(name);
      if (name !== "" && their !== undefined) found.set(our, their);
    }
    return found;
  }

  /** Functions inside of two that differ: their places say nothing; their names, where the two are one, edited. */
  #align(ours: readonly number[], theirs: readonly number[], edited: boolean): void {
    const named = edited ? this.#byName(ours, theirs) : new Map<number, number>();
    const rest: number[] = [];
    for (const our of ours) {
      const their = named.get(our);
      if (their === undefined) rest.push(our);
      else this.#pair(our, their, true);
    }
    for (const our of rest) {
      const name = this.#ours.names[our]!;
      const tree = this.#ours.tree[our]!;
      const alone = this.#ours.places(tree).length === 1 && this.#theirs.places(tree).length === 1;
      const byTree = name === "" || !edited;
      const candidates = theirs.filter(
        (their) => this.#theirs.names[their] === name && (!byTree || this.#theirs.tree[their] === tree),
      );
      if (byTree && alone && candidates.length === 1) this.#pair(our, candidates[0]!, true);
      else this.#lose(our, candidates.length > 0 ? "ambiguous" : "absent");
    }
  }

  #lose(our: number, reason: LossReason): void {
    this.found[our] = reason;
    for (const inner of this.#ours.inside(our)) this.#lose(inner, reason);
  }
}

/** One of the two programs. Functions are the same where their numbers are, on either side. */
class Side {
  readonly functions: readonly BytecodeFunction[];
  /** The number of each function's own contents. */
  readonly own: number[] = [];
  /** The number of its contents with those of all functions inside. */
  readonly tree: number[] = [];
  readonly #unit: BytecodeUnit;
  readonly #places = new Map<number, number[]>();
  #names: readonly string[] | undefined;

  constructor(unit: BytecodeUnit, named: boolean, numbers: Map<string, number>) {
    const { functions } = unit;
    this.functions = functions;
    this.#unit = unit;
    const number = (key: string) => {
      const known = numbers.get(key) ?? numbers.size;
      numbers.set(key, known);
      return known;
    };
    // from the last one on: what is inside a function comes behind it
    for (let index = functions.length - 1; index >= 0; index--) {
      this.own[index] = number(`own ${contents(functions[index]!, named)}`);
      const inside = this.inside(index).map((inner) => this.tree[inner]);
      const tree = number(`tree ${this.own[index]} ${inside.join()}`);
      this.tree[index] = tree;
      const places = this.#places.get(tree);
      if (places) places.push(index);
      else this.#places.set(tree, [index]);
    }
  }

  /** What each function goes by; "" where that is only its place, which says nothing of the other program's. */
  get names(): readonly string[] {
    const place = /^fn#|^\(anonymous /;
    this.#names ??= displayNames(this.#unit, undefined, false).map((name) => (place.test(name) ? "" : name));
    return this.#names;
  }

  /** The functions in a function's constant pool. */
  inside(index: number): readonly number[] {
    return this.functions[index]!.constants.filter((inner) => inner >= 0);
  }

  /** Where functions with these contents stand. */
  places(tree: number): readonly number[] {
    return this.#places.get(tree) ?? [];
  }
}

/** Everything about a function that debug information is no part of; `named`: also what its variables are called. */
function contents(fn: BytecodeFunction, named: boolean): string {
  const code = Buffer.from(fn.code);
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const atoms = [...fn.atoms].map(([offset, text]) => {
    // symbols have no text here, but those that code can name are predefined: their numbers are fixed
    const atom = text ?? view.getUint32(offset, true);
    code.fill(0, offset, offset + 4);
    return atom;
  });
  return JSON.stringify([
    ...[fn.name, fn.kind, fn.argumentCount, fn.isDerivedConstructor, fn.hasPrototype],
    ...[code.toString("latin1"), atoms],
    fn.constants.map((index) => index >= 0),
    (fn.literals ?? []).map((bytes) => Buffer.from(bytes).toString("latin1")),
    // an index moves with every variable around that is added: the name tells more
    fn.closure.map(({ type, name, index }) => [type, named ? name : index]),
    named ? fn.variables : [],
  ]);
}

/** Items by key, of those whose key is theirs alone. */
function soleBy<K>(items: readonly number[], key: (item: number) => K): ReadonlyMap<K, number> {
  const sole = new Map<K, number>();
  const seen = new Set<K>();
  for (const item of items) {
    const of = key(item);
    if (seen.has(of)) sole.delete(of);
    else sole.set(of, item);
    seen.add(of);
  }
  return sole;
}
