/**
 * The names of a monitor module's exports, which say when each is to be called and with what, so that whoever links it
 * to a program needs nothing but the file:
 *
 *   wasm:opcode:call(arg0: i32):before #120.51 /$5(fid, pc)/ ($6(fname), fid, arg0, @init $7())
 *
 * Event, mode and bounds as a rule has them; where the rule stands in the script and the probe's place among all; the
 * function that says, before the program runs, whether a place is wanted; the arguments of each visit. `$6(…)` makes the
 * place's own state once before the program and gives its address; `@static $8(…)` is asked while linking, and what it
 * gives is passed at each visit; `@init $7(…)` is called once before the program, and is no argument.
 *
 * What only the program can do at the instruction, it does when the module calls it back (program-calls.ts): the argument
 * is the number to call it with. `@alt_call_by_id $9(…)` and `@alt_call_by_name $9(…)`: another function with the
 * instruction's operands; which one is asked while linking, -1 where the call is never reached. `@dup_at(APP_MEMID)`: what
 * the instruction is about to write, to that memory. `@drop_args`: from then on its operands are not the results;
 * `@dropped`, which is no argument: they never are. In mode alt a function that gives 0 leaves the instruction as it is.
 */

const programMemoryName = "APP_MEMID";

export type Argument =
  /** A variable that the event binds, or APP_MEMID. */
  | { readonly kind: "bound"; readonly name: string }
  /** What the data segments of a memory fill: its number, or null for APP_MEMID. */
  | { readonly kind: "data"; readonly name: DataFunction; readonly memory: number | null }
  | { readonly kind: "dup_at"; readonly memory: number | null }
  | { readonly kind: "drop_args" }
  | { readonly kind: "dropped" }
  | HelperCall;

/** Functions of the language that say what data segments fill. */
export const dataFunctions = ["active_data_start", "active_data_len"] as const;
export type DataFunction = (typeof dataFunctions)[number];

/** Functions of the language that call another function instead of the instruction. */
export type AltCall = "alt_call_by_id" | "alt_call_by_name";

/** A call of another export of the module. */
export interface HelperCall {
  readonly kind: "state" | "static" | "init" | AltCall;
  readonly export: string;
  readonly args: readonly Argument[];
}

export interface ModuleProbe {
  /** A rule that means one event and one mode. */
  readonly rule: string;
  /** Where the rule stands in the script's text. */
  readonly at: number;
  /** Place among all probes of the script. */
  readonly number: number;
  readonly predicate: HelperCall | null;
  readonly args: readonly Argument[];
}

export function exportName({ rule, at, number, predicate, args }: ModuleProbe): string {
  const wanted = predicate ? ` /${callText(predicate)}/` : "";
  return `${rule} #${at}.${number}${wanted} (${args.map(argumentText).join(", ")})`;
}

function argumentText(arg: Argument): string {
  if (arg.kind === "bound") return arg.name;
  if (arg.kind === "data") return `${arg.name}(${memoryText(arg.memory)})`;
  if (arg.kind === "dup_at") return `@dup_at(${memoryText(arg.memory)})`;
  if (arg.kind === "drop_args" || arg.kind === "dropped") return `@${arg.kind}`;
  return (arg.kind === "state" ? "" : `@${arg.kind} `) + callText(arg);
}

/** How a memory is named: its number, or null for the program's own. */
export const memoryText = (memory: number | null) => String(memory ?? programMemoryName);

export const readMemory = (text: string) => (text === programMemoryName ? null : Number(text));

const callText = (call: HelperCall) => `${call.export}(${call.args.map(argumentText).join(", ")})`;

/** What an export's name says; undefined where it is the name of something else. */
export function readExportName(name: string): ModuleProbe | undefined {
  const found = /^(wasm:.*?) #(\d+)\.(\d+)(?: \/(.*)\/)? \((.*)\)$/.exec(name);
  if (!found) return undefined;
  const [, rule, at, number, predicate, args] = found;
  const asked = predicate === undefined ? null : readArgument(predicate);
  return {
    ...{ rule: rule!, at: Number(at), number: Number(number), args: readArguments(args!) },
    predicate: asked && "export" in asked ? asked : null,
  };
}

function readArguments(text: string): Argument[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at] ?? ",";
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "," && (depth === 0 || at === text.length)) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return parts.filter((part) => part !== "").map(readArgument);
}

function readArgument(text: string): Argument {
  if (text === "@drop_args") return { kind: "drop_args" };
  if (text === "@dropped") return { kind: "dropped" };
  const call = /^(?:@(static|init|alt_call_by_id|alt_call_by_name) )?(\$\d+)\((.*)\)$/.exec(text);
  if (call) {
    const kind = (call[1] ?? "state") as HelperCall["kind"];
    return { kind, export: call[2]!, args: readArguments(call[3]!) };
  }
  const data = /^(active_data_start|active_data_len|@dup_at)\((APP_MEMID|\d+)\)$/.exec(text);
  if (!data) return { kind: "bound", name: text };
  const memory = readMemory(data[2]!);
  if (data[1] === "@dup_at") return { kind: "dup_at", memory };
  return { kind: "data", name: data[1] as DataFunction, memory };
}
