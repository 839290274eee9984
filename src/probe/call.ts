/**
 * Emits the call of a hook: its arguments from locals, saved operands, immediates, constants and the meter.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { internalError } from "../base/diagnostics.ts";
import { opcodes } from "../wasm/opcodes.ts";
import { I32, I64, type Module, type ValType } from "../wasm/types.ts";
import type { MeterState } from "./meter.ts";
import type { Probe, ProbeArgument } from "./plan.ts";
import { immediateValues } from "./site.ts";

const LOCAL_GET = 0x20;
const CALL = 0x10;
const I32_ADD = 0x6a;
const I64_ADD = 0x7c;

/** The instruction that a probe stands at. */
export interface ProbeSite {
  readonly module: Module;
  readonly row: number;
  /** Absolute offset of its first immediate. */
  readonly immediates: number;
  /** Locals that hold its operands or results, topmost first. */
  readonly saved: readonly number[];
}

/** Writes the call of `hook` (a function index) for `probe`; `site` is undefined at entries and exits. */
export function writeCall(
  w: ByteWriter,
  hook: number,
  probe: Probe,
  meter: MeterState | undefined,
  site: ProbeSite | undefined,
): void {
  for (const argument of probe.arguments) writeArgument(w, argument, meter, site);
  w.u8(CALL);
  w.leb(hook);
}

function writeArgument(
  w: ByteWriter,
  argument: ProbeArgument,
  meter: MeterState | undefined,
  site: ProbeSite | undefined,
): void {
  switch (argument.kind) {
    case "local":
      w.u8(LOCAL_GET);
      w.leb(argument.index);
      return;
    case "fuel":
      if (!meter) throw internalError("a probe wants the fuel of a module without a meter");
      return meter.pushFuel(w);
    case "const":
      return writeConst(w, argument.type, argument.value);
    case "immediate": {
      const value = site && immediateValues(site.module.bytes, site.immediates, site.row)[argument.index];
      if (!value) throw internalError(`a probe wants immediate ${argument.index} where there is none`);
      return writeConst(w, value.type, value.value);
    }
    case "operand":
    case "result":
    case "effectiveAddress": {
      const local = site?.saved[operandIndex(argument, site.row)];
      if (!site || local === undefined)
        throw internalError(`a probe wants an ${argument.kind} where there is none`);
      w.u8(LOCAL_GET);
      w.leb(local);
      if (argument.kind === "effectiveAddress") addOffset(w, site);
    }
  }
}

/** Adds the constant offset of a memory argument to the address on the stack. */
function addOffset(w: ByteWriter, { module, row, immediates }: ProbeSite): void {
  const [, memory, offset] = immediateValues(module.bytes, immediates, row);
  if (!offset || BigInt(offset.value) === 0n) return;
  const is64 = module.memories[Number(memory!.value)]?.is64 ?? false;
  writeConst(w, is64 ? I64 : I32, offset.value);
  w.u8(is64 ? I64_ADD : I32_ADD);
}

/** Which saved operand an argument reads: 0 = topmost; -1 for none. */
export function operandIndex(argument: ProbeArgument, row: number): number {
  if (argument.kind === "operand" || argument.kind === "result") return argument.index;
  if (argument.kind !== "effectiveAddress") return -1;
  const [operands = ""] = opcodes[row]!.signature.split(">");
  const depth = operands.length - 1 - operands.indexOf("a");
  if (!operands.includes("a")) throw internalError(`${opcodes[row]!.name} has no effective address`);
  return depth;
}

function writeConst(w: ByteWriter, type: ValType, value: number | bigint): void {
  if (type === I64) {
    w.u8(0x42);
    w.bigSleb(BigInt.asIntN(64, BigInt(value)));
  } else if (type === I32) {
    w.u8(0x41);
    w.sleb(Number(BigInt.asIntN(32, BigInt(value))));
  } else {
    throw internalError("probe constants are i32 or i64");
  }
}
