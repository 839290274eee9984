/**
 * The events' table against Whamm 1.0's: whamm-events.txt is a digest of what its `info` lists (category, modes,
 * variables with `!` for static ones, functions, events with opcode and data size). Whatever is there must be here,
 * in the same order, with the same types; what is here besides must be ours on purpose.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { categories, type Event, wasmEvents } from "../../src/monitor/events.ts";
import { typeText } from "../../src/monitor/language-types.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";

interface Reference {
  readonly name: string;
  readonly category: string;
  readonly modes: readonly string[];
  readonly variables: readonly string[];
  readonly functions: readonly string[];
  readonly bytecode: number;
  readonly size: string | undefined;
}

const digest: Reference[] = readFileSync(new URL("whamm-events.txt", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .flatMap((line) => {
    const [category, modes, variables, functions, events] = line.split("|").map((part) => part.trim());
    return events!.split(" ").map((event) => {
      const [, name, bytecode, size] = /^(.*)\((\w+)\/?(\d+)?\)$/.exec(event)!;
      return {
        ...{ name: name!, category: category!, modes: modes!.split(" ") },
        variables: variables === "" ? [] : variables!.split("; "),
        functions: functions!.split(" ").filter((fn) => fn !== ""),
        ...{ bytecode: Number.parseInt(bytecode!, 16), size },
      };
    });
  });

const opcodeEvents = wasmEvents().filter((event) => event.package === "opcode");
const derivation = (event: Event, name: string) => event.variables.find((v) => v.name === name)?.derivation;

/** Whamm takes the expected value of a compare-and-exchange for its address, which lies below it. */
const wrongAddress = /cmpxchg/;

/** Where the reference says static and means that it is derived from an operand. */
const notStatic = ["target"];

describe("the events of Whamm 1.0", () => {
  test("are 310, and each is here", () => {
    expect(digest).toHaveLength(310);
    expect(digest.filter(({ name }) => !opcodeEvents.some((event) => event.name === name))).toEqual([]);
  });

  test.each(digest)("$name", ({ name, category, modes, variables, functions, bytecode, size }) => {
    const event = opcodeEvents.find((candidate) => candidate.name === name)!;
    expect(event.modes).toEqual(modes);
    expect(derivation(event, "category_name")).toBe(JSON.stringify(category));
    expect(derivation(event, "bytecode")).toBe(String(bytecode));
    expect(derivation(event, "data_size")).toBe(size);
    expect(event.functions.filter((fn) => fn !== "drop_args")).toEqual(functions);
    for (const line of variables) {
      const [, wanted, type, lifetime, value] = /^(\w+):([^!=]+)(!?)(?:=(.*))?$/.exec(line)!;
      if (wrongAddress.test(name) && /^(addr|arg1)$/.test(wanted!)) continue;
      const found = event.variables.find((variable) => variable.name === wanted);
      if (!found) expect.fail(`${name} does not bind ${wanted}`);
      expect(found.type === null ? "?" : typeText(found.type), wanted).toBe(type);
      if (!notStatic.includes(wanted!)) expect(found.static, wanted).toBe(lifetime === "!");
      // where a table has no targets but the default, Whamm's target is none of them
      if (!["opname", "data_size", "target"].includes(wanted!)) expect(found.derivation, wanted).toBe(value);
    }
  });
});

describe("the table", () => {
  test("has an event for each instruction", () => {
    expect(opcodeEvents.map((event) => event.row).sort((a, b) => a! - b!)).toEqual(
      opcodes.map((_, row) => row),
    );
  });

  test("finds the address below the two values of a compare-and-exchange", () => {
    const event = opcodeEvents.find(({ name }) => name === "i64.atomic.rmw16.cmpxchg_u")!;
    expect(derivation(event, "addr")).toBe("arg2");
    expect(["arg0", "arg1", "arg2"].map((n) => event.variables.find(({ name }) => name === n)?.type)).toEqual(
      [...["i64", "i64", "u32"]],
    );
  });

  test("binds each name once, knows each category, has help in one line", () => {
    for (const event of wasmEvents()) {
      const names = event.variables.map((variable) => variable.name);
      expect(new Set(names).size, event.name).toBe(names.length);
      for (const { help } of event.variables) expect(help).toMatch(/^[^\n]{5,110}$/);
      if (event.package === "opcode")
        expect(categories).toContain(JSON.parse(derivation(event, "category_name")!));
    }
  });

  test("numbers categories as Whamm does", () => {
    const numbers = Object.fromEntries(categories.map((name, i) => [name, i]));
    expect(numbers).toMatchObject({
      arith: 0,
      control: 4,
      gc: 7,
      load: 9,
      misc: 12,
      simd: 14,
      store: 15,
      table: 16,
    });
  });
});
