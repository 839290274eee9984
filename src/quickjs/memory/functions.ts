/**
 * Functions as a running engine keeps them: from the arguments of JS_CallInternal to the JSFunctionBytecode that
 * is about to run, and its fields.
 *
 *   func_obj is an object  →  JSObject.u.func.function_bytecode
 *   func_obj is an integer →  JSAsyncFunctionState.frame.cur_func → the same   (generator or async function)
 *
 * Offsets are the engine's (layouts/); everything read is checked against what the engine's allocation of a
 * function must look like, and anything that does not check out is null, never a guess:
 *
 *   JSFunctionBytecode │ constants │ variables │ captured variables │ code
 */

import type { MemoryLayout } from "../engines/layouts/layout.ts";
import { boxed, Glance, type GuestMemory } from "./checked-view.ts";

/** The fields of a JSFunctionBytecode, as they stand in memory. */
export interface FunctionFields {
  readonly address: number;
  /** Address of the code. */
  readonly code: number;
  readonly codeLength: number;
  /** Atoms */
  readonly name: number;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  /** Addresses, with counts of items or bytes; an address is of no meaning where the count is 0. */
  readonly constants: number;
  readonly constantCount: number;
  readonly variables: number;
  readonly argumentCount: number;
  readonly variableCount: number;
  readonly closure: number;
  readonly closureCount: number;
  readonly lineTable: number;
  readonly lineTableLength: number;
  readonly columnTable: number;
  readonly columnTableLength: number;
  readonly source: number;
  readonly sourceLength: number;
  /** The JSContext it was made in. */
  readonly realm: number;
  /** 0 normal, 1 generator, 2 async, 3 async generator */
  readonly kind: number;
  readonly hasPrototype: boolean;
  readonly isDerivedConstructor: boolean;
  /** Bytes of the structure itself. */
  readonly size: number;
}

/** Reads the JSFunctionBytecode at `address`; null when what is there is no such thing. */
export function functionFields(
  memory: GuestMemory,
  layout: MemoryLayout,
  address: number,
): FunctionFields | null {
  const { object, function: at } = layout;
  const glance = Glance.at(memory);
  if (!glance.holdsStructure(address, object.gcType.offset, at.size)) return null;
  if (glance.field(address, object.gcType) !== object.gcTypeFunction) return null;
  const u16 = (offset: number) => glance.u16(address + offset);
  const u32 = (offset: number) => glance.u32(address + offset);
  const debug = at.hasDebug === null || glance.field(address, at.hasDebug) === 1;
  const debugU32 = (offset: number | null) => (debug && offset !== null ? u32(offset) : 0);
  const fields: FunctionFields = {
    address,
    code: u32(at.code),
    codeLength: u32(at.codeLength),
    name: u32(at.name),
    file: debugU32(at.file),
    line: debugU32(at.line),
    column: debugU32(at.column),
    constants: u32(at.constants),
    constantCount: u32(at.constantCount),
    variables: u32(at.variables),
    argumentCount: u16(at.argumentCount),
    variableCount: u16(at.variableCount),
    closure: u32(at.closure),
    closureCount: u16(at.closureCount),
    lineTable: debugU32(at.lineTable),
    lineTableLength: debugU32(at.lineTableLength),
    columnTable: debugU32(at.columnTable),
    columnTableLength: debugU32(at.columnTableLength),
    source: debugU32(at.source),
    sourceLength: debugU32(at.sourceLength),
    realm: u32(at.realm),
    kind: glance.field(address, at.kind),
    hasPrototype: glance.field(address, at.hasPrototype) === 1,
    isDerivedConstructor: glance.field(address, at.isDerivedConstructor) === 1,
    size: debug ? at.size : at.sizeWithoutDebug,
  };
  return checksOut(glance, layout, fields) ? fields : null;
}

/** Whether the parts of a function stand where its one allocation must have them, and the others in memory. */
function checksOut(glance: Glance, layout: MemoryLayout, fields: FunctionFields): boolean {
  const alignment = layout.function.constantsAlignment;
  let next = fields.address + Math.ceil(fields.size / alignment) * alignment;
  const follows = (pointer: number, count: number, size: number): boolean => {
    if (pointer === 0 && count === 0) return true;
    const found = pointer === next;
    next += count * size;
    return found;
  };
  // where variables were not kept there is no pointer, whatever their count
  const variables = fields.variables === 0 ? 0 : fields.argumentCount + fields.variableCount;
  return (
    follows(fields.constants, fields.constantCount, layout.value.size) &&
    follows(fields.variables, variables, layout.variable.size) &&
    follows(fields.closure, fields.closureCount, layout.closureVariable.size) &&
    fields.code === next &&
    fields.codeLength > 0 &&
    glance.holds(fields.code, fields.codeLength, 1) &&
    (fields.lineTableLength === 0 || glance.holds(fields.lineTable, fields.lineTableLength, 1)) &&
    (fields.columnTableLength === 0 || glance.holds(fields.columnTable, fields.columnTableLength, 1)) &&
    (fields.sourceLength === 0 || fields.source === 0 || glance.holds(fields.source, fields.sourceLength, 1))
  );
}

/**
 * The JSFunctionBytecode of a function object; null where there is none. That the object is a function is taken from
 * what it points at: class numbers differ between releases that are otherwise the same.
 */
export function functionOfObject(memory: GuestMemory, layout: MemoryLayout, object: number): number | null {
  const glance = Glance.at(memory);
  if (!glance.holdsStructure(object, layout.object.gcType.offset, layout.object.size)) return null;
  if (glance.field(object, layout.object.gcType) !== layout.object.gcTypeObject) return null;
  const address = glance.u32(object + layout.object.bytecode);
  return functionFields(memory, layout, address) === null ? null : address;
}

/** The JSFunctionBytecode of a suspended activation (JSAsyncFunctionState). */
export function functionOfResumedFrame(
  memory: GuestMemory,
  layout: MemoryLayout,
  state: number,
): number | null {
  const glance = Glance.at(memory);
  if (!glance.holds(state, layout.resumed.size)) return null;
  const value = state + layout.resumed.function;
  if (glance.i32(value + 4) !== layout.value.tagObject) return null;
  return functionOfObject(memory, layout, glance.u32(value));
}

/** Where the activation goes on that JS_CallInternal is given as `func_obj`; null where it is none that was suspended. */
export function resumedAt(memory: GuestMemory, layout: MemoryLayout, funcObj: bigint): number | null {
  const { tag, pointer } = boxed(funcObj);
  if (tag !== layout.value.tagInt || functionOfResumedFrame(memory, layout, pointer) === null) return null;
  return new Glance(memory).u32(pointer + layout.resumed.pc);
}

export interface ActivationFunction {
  /** Address of its JSFunctionBytecode. */
  readonly bytecode: number;
  readonly fields: FunctionFields;
  /** Goes on from where it was suspended: its first opcode is not the function's first. */
  readonly resumed: boolean;
}

/**
 * The function that an activation of JS_CallInternal runs, from its `func_obj` and the address of the first
 * opcode that it dispatches; null when the two do not agree.
 */
export function functionOfActivation(
  memory: GuestMemory,
  layout: MemoryLayout,
  funcObj: bigint,
  pc: number,
): ActivationFunction | null {
  const { tag, pointer } = boxed(funcObj);
  let bytecode: number | null = null;
  if (tag === layout.value.tagObject) bytecode = functionOfObject(memory, layout, pointer);
  else if (tag === layout.value.tagInt) bytecode = functionOfResumedFrame(memory, layout, pointer);
  if (bytecode === null) return null;
  const fields = functionFields(memory, layout, bytecode);
  if (fields === null || pc < fields.code || pc >= fields.code + fields.codeLength) return null;
  return { bytecode, fields, resumed: pc !== fields.code };
}
