/**
 * Numbers that the kernel shares with the rewriter: kinds of immediates are those of Imm in src/wasm/opcodes.ts, flows
 * those of Flow in src/probe/control.ts. Which instruction has which of them is told by the tables that the rewriter
 * fills (kernel.ts); of opcodes the kernel knows those that the meter writes.
 */

export enum Imm {
  None = 0,
  Index = 1,
  Index2 = 2,
  Label = 3,
  Labels = 4,
  Block = 5,
  Memarg = 6,
  MemargLane = 7,
  I32 = 8,
  I64 = 9,
  F32 = 10,
  F64 = 11,
  Byte = 12,
  Bytes16 = 13,
}

export enum Flow {
  Plain = 0,
  Block = 1,
  Loop = 2,
  If = 3,
  Else = 4,
  End = 5,
  Br = 6,
  BrIf = 7,
  BrTable = 8,
  Return = 9,
  Call = 10,
  TailCall = 11,
  Trap = 12,
  Throw = 13,
  Sized = 18,
}

/** What an immediate of one index counts, where that may move. */
export enum Space {
  None = 0,
  Func = 1,
  Global = 2,
}

/** The opcodes that the meter writes. */
export enum Opcode {
  If = 0x04,
  Else = 0x05,
  End = 0x0b,
  Br = 0x0c,
  Call = 0x10,
  LocalGet = 0x20,
  LocalSet = 0x21,
  GlobalGet = 0x23,
  GlobalSet = 0x24,
  I64Const = 0x42,
  I64GtS = 0x55,
  I64Add = 0x7c,
  I64Mul = 0x7e,
  I64ExtendI32U = 0xad,
}

/** The type of a local, and of a block with no result, as the code has them. */
export enum Type {
  Empty = 0x40,
  I64 = 0x7e,
  I32 = 0x7f,
}

/**
 * Why a walk stops: something unknown, the end, before or behind an instruction with a probe, before the exit probes,
 * before an instruction that is charged by its size.
 */
export enum Stop {
  Unknown = 0,
  Done = 1,
  Before = 2,
  After = 3,
  Exit = 4,
  Sized = 5,
}
