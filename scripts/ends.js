#!/usr/bin/env node
/**
 * Random guests for the question how a run ends: exceptions with handlers of every kind, recursion, and in any place
 * an exit, a trap, a fault of WASI, an exhausted stack, an exception that nothing catches. A guest says on stdout where
 * it came past, so that a handler that ran and should not have is seen too. The same seed gives the same guest.
 *
 * A guest is written in two dialects, that do the same: with the legacy exception instructions, which every supported
 * Node.js runs and wasmtime never had, and with try_table, which wasmtime runs.
 *
 *   node scripts/ends.js <first> <count>      guests of these seeds as wasmtime takes them, as JSON: [<wat>, …]
 */
import { pathToFileURL } from "node:url";

/** @typedef {"legacy" | "try_table"} Dialect */

/** How many functions a guest has, besides `_start`; calls and rounds of loops that it may spend. */
const FUNCTIONS = 4;
const BUDGET = 60;

/** Parameters of the function that exhausts the stack: frames so large that some thousands do. */
const WIDE = Array.from({ length: 150 });

/** Statements, by how often they are chosen. What ends the guest is rare and mostly conditional, or most would end at once. */
const WEIGHTS = /** @type {const} */ ({
  mark: 10,
  call: 8,
  try: 9,
  when: 6,
  loop: 3,
  throw: 5,
  return: 2,
  branch: 2,
  rethrow: 4,
  exit: 1,
  trap: 1,
  fault: 0.5,
  overflow: 0.3,
});
const ENDING = ["throw", "rethrow", "exit", "trap", "fault", "overflow"];

/**
 * The text of a guest.
 * @param {number} seed
 * @param {Dialect} dialect
 */
export function guestText(seed, dialect) {
  return new Guest(seed, dialect).module();
}

class Guest {
  /** @type {() => number} */
  #random;
  /** @type {Dialect} */
  #dialect;
  #labels = 0;
  /** Locals of the function at hand that hold caught exceptions. */
  #exceptions = 0;
  /** Labels of blocks that can be left. @type {string[]} */
  #blocks = [];
  /** How to throw again what the handlers around caught. @type {string[]} */
  #caught = [];
  #depth = 0;

  /**
   * @param {number} seed
   * @param {Dialect} dialect
   */
  constructor(seed, dialect) {
    this.#random = randomOf(seed);
    this.#dialect = dialect;
  }

  module() {
    const functions = Array.from({ length: FUNCTIONS }, (_, i) => this.#function(`$f${i}`));
    const start = this.#choose(8) === 0 ? "(start $f0)" : "";
    return `(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (tag $number (param i32))
  (tag $empty)
  (memory (export "memory") 1)
  (table funcref (elem ${functions.map((_, i) => `$f${i}`).join(" ")}))
  (type $nothing (func))
  (global $budget (mut i32) (i32.const ${BUDGET}))
  (data (i32.const 0) "\\08\\00\\00\\00\\01\\00\\00\\00")
  (func $mark (param $letter i32)
    (i32.store8 (i32.const 8) (local.get $letter))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func $deep ${WIDE.map(() => "(param i64)").join(" ")}
    (call $deep ${WIDE.map((_, i) => `(i64.add (local.get ${i}) (i64.const 1))`).join(" ")}) ${this.#choose(2) ? this.#mark() : ""})
${functions.join("\n")}
${this.#function('(export "_start")')}
  ${start})`;
  }

  /** @param {string} name */
  #function(name) {
    this.#exceptions = 0;
    const code = this.#statements(6);
    const locals = Array.from({ length: this.#exceptions }, (_, i) => `(local $x${i} exnref)`).join(" ");
    return `  (func ${name} (local $n i32) ${this.#dialect === "legacy" ? "" : locals}
    (if (i32.eqz (global.get $budget)) (then (return)))
    (global.set $budget (i32.sub (global.get $budget) (i32.const 1)))
    ${code})`;
  }

  /** @param {number} n */
  #choose(n) {
    return Math.floor(this.#random() * n);
  }

  /** @param {number} most @returns {string} */
  #statements(most) {
    return Array.from({ length: 1 + this.#choose(most) }, () => this.#statement()).join("\n    ");
  }

  /** @returns {string} */
  #statement() {
    const kinds = Object.entries(WEIGHTS);
    let left = this.#random() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
    const [kind] = kinds.find(([, weight]) => (left -= weight) < 0) ?? ["mark"];
    if (this.#depth > 4 && ["try", "when", "loop"].includes(kind)) return this.#mark();
    this.#depth += 1;
    const made = this.#made(kind);
    this.#depth -= 1;
    return ENDING.includes(kind) && this.#choose(3) > 0 ? `(if ${this.#condition()} (then ${made}))` : made;
  }

  /** @param {string} kind @returns {string} */
  #made(kind) {
    switch (kind) {
      case "call":
        return this.#choose(3) === 0
          ? `(call_indirect (type $nothing) (i32.const ${this.#choose(FUNCTIONS)}))`
          : `(call $f${this.#choose(FUNCTIONS)})`;
      case "try":
        return this.#try();
      case "when":
        return `(if ${this.#condition()} (then ${this.#statements(3)}) (else ${this.#statements(2)}))`;
      case "loop":
        return this.#loop();
      case "throw":
        return this.#choose(2) ? "(throw $empty)" : `(throw $number (i32.const ${this.#choose(26)}))`;
      case "return":
        return `(if ${this.#condition()} (then (return)))`;
      case "branch": {
        const label = this.#blocks[this.#choose(this.#blocks.length)];
        return label === undefined ? this.#mark() : `(br_if ${label} ${this.#condition()})`;
      }
      case "rethrow":
        return this.#caught[this.#choose(this.#caught.length)] ?? this.#mark();
      case "exit":
        return `(call $exit (i32.const ${this.#choose(3) === 0 ? 0 : this.#choose(126)}))`;
      case "trap": {
        const traps = ["(unreachable)", "(drop (i32.div_u (i32.const 1) (i32.const 0)))"];
        traps.push("(drop (i32.load (i32.const -8)))", "(call_indirect (type $nothing) (i32.const 99))");
        return `${traps[this.#choose(traps.length)]}`;
      }
      case "fault":
        return "(drop (call $write (i32.const 1) (i32.const -4) (i32.const 1) (i32.const 16)))";
      case "overflow":
        return `(call $deep ${WIDE.map(() => "(i64.const 0)").join(" ")})`;
      default:
        return this.#mark();
    }
  }

  #mark() {
    return `(call $mark (i32.const ${97 + this.#choose(26)}))`;
  }

  /** True or false by how much of the budget is left. */
  #condition() {
    return `(i32.and (global.get $budget) (i32.const ${1 << this.#choose(3)}))`;
  }

  #loop() {
    const label = `$l${this.#labels++}`;
    const body = this.#statements(3);
    return `(loop ${label} ${body}
      (if (global.get $budget) (then
        (global.set $budget (i32.sub (global.get $budget) (i32.const 1)))
        (br_if ${label} ${this.#condition()}))))`;
  }

  /** A try with handlers for a tag or two, for everything, or both, in either dialect. */
  #try() {
    const id = this.#labels++;
    const kinds = [["number"], ["empty"], ["number", "empty"], ["all"], ["number", "all"], ["empty", "all"]];
    const chosen = /** @type {string[]} */ (kinds[this.#choose(kinds.length)]);
    const done = `$d${id}`;
    this.#blocks.push(done);
    const body = this.#statements(4);
    const exception = this.#exceptions++;
    const handlers = chosen.map((kind) => {
      this.#caught.push(
        this.#dialect === "legacy" ? `(rethrow $t${id})` : `(throw_ref (local.get $x${exception}))`,
      );
      const code = this.#statements(2);
      this.#caught.pop();
      const said = "(call $mark (i32.add (i32.const 65) (local.get $n)))";
      return { kind, code: kind === "number" ? `(local.set $n) ${said} ${code}` : code };
    });
    this.#blocks.pop();
    return this.#dialect === "legacy"
      ? legacyTry(`$t${id}`, done, body, handlers)
      : tryTable(id, done, body, handlers, `$x${exception}`);
  }
}

/**
 * @typedef {{ kind: string, code: string }} Handler
 * @param {string} label
 * @param {string} done
 * @param {string} body
 * @param {readonly Handler[]} handlers
 */
function legacyTry(label, done, body, handlers) {
  const written = handlers.map(({ kind, code }) =>
    kind === "all" ? `(catch_all ${code})` : `(catch $${kind} ${code})`,
  );
  return `(block ${done} (try ${label} (do ${body}) ${written.join(" ")}))`;
}

/**
 * A block for each handler, the first innermost; a clause leads to the end of its handler's block.
 * @param {number} id
 * @param {string} done
 * @param {string} body
 * @param {readonly Handler[]} handlers
 * @param {string} exception
 */
function tryTable(id, done, body, handlers, exception) {
  /** @param {string} kind */
  const label = (kind) => `$${kind}${id}`;
  const clauses = handlers.map(({ kind }) =>
    kind === "all" ? `(catch_all_ref ${label(kind)})` : `(catch_ref $${kind} ${label(kind)})`,
  );
  let inner = `(try_table ${clauses.join(" ")} ${body}) (br ${done})`;
  for (const { kind, code } of handlers) {
    const results = kind === "number" ? "(result i32 exnref)" : "(result exnref)";
    inner = `(block ${label(kind)} ${results} ${inner}) (local.set ${exception}) ${code} (br ${done})`;
  }
  return `(block ${done} ${inner})`;
}

/**
 * mulberry32: numbers from 0 to below 1.
 * @param {number} seed
 */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [first, count] = process.argv.slice(2).map(Number);
  const texts = Array.from({ length: count }, (_, i) => guestText(first + i, "try_table"));
  process.stdout.write(JSON.stringify(texts));
}
