/**
 * The speedscope file of a result: three profiles of the same total. 0: the calls in order, fuel as the
 * clock (or the call tree, entered and left node by node, where the order of the calls was not kept);
 * 1: lines, each under its function; 2: opcodes. The phases outside of JavaScript are frames in each.
 */
import { grouped } from "../../base/numbers.ts";
import { type OuterPhase, outerPhases, phaseName } from "../../result/phases.ts";
import { phasePourer } from "../../result/replay.ts";
import type { FunctionRow, Result } from "../../result/result.ts";
import { subtreeFuel } from "../../result/walk.ts";
import { frameName, placeOf } from "../labels.ts";
import { rowsChunks } from "../rows.ts";
import { EventedBuilder, FrameTable, SampledBuilder } from "./speedscope-builder.ts";
import type { EventedProfile, SampledProfile, SpeedscopeFile, SpeedscopeFrame } from "./speedscope-spec.ts";

/** The file in chunks. */
export function writeSpeedscope(result: Result): Iterable<string> {
  const tables = new Set(["frames", "events", "samples"]);
  return rowsChunks(speedscopeFile(result), tables);
}

/** The file as data. */
export function speedscopeFile(result: Result): SpeedscopeFile {
  const table = new FrameTable();
  const frames = result.functions.map((row) => table.add(functionFrame(row, result.files)));
  const first = result.events ? callsInOrder(result, table, frames) : callTree(result, table, frames);
  // lines and opcodes are JavaScript's
  const isWasm = result.toolchain.quickjs === null;
  const profiles = isWasm ? [first] : [first, byLine(result, table, frames), byOpcode(result, table)];
  return {
    $schema: "https://www.speedscope.app/file-format-schema.json",
    shared: { frames: table.frames },
    profiles,
    name: result.module.name,
    activeProfileIndex: 0,
    exporter: `javy-prof ${result.tool.version}`,
  };
}

function functionFrame(row: FunctionRow, files: readonly string[]): SpeedscopeFrame {
  const name = frameName(row, files);
  if (row.file === null || row.line === null) return { name };
  const frame = { name, file: files[row.file]!, line: row.line };
  return row.column === null ? frame : { ...frame, col: row.column };
}

function callsInOrder(result: Result, table: FrameTable, frames: readonly number[]): EventedProfile {
  const builder = new EventedBuilder("fuel · calls in order", table);
  const shares = phasePourer(result);
  let clock = 0;
  const mark = limitMarker(result, table, builder);
  const pour = (until: number): void => {
    for (const [phase, fuel] of shares(until - clock)) {
      const frame = table.add({ name: phaseName(phase) });
      builder.enter(frame, clock);
      mark(clock, clock + fuel);
      builder.leave(frame, (clock += fuel));
    }
  };
  let depth = 0;
  for (const { kind, node, at } of result.events ?? []) {
    if (depth === 0) pour(at);
    else mark(clock, at);
    const frame = frames[result.tree[node]!.function]!;
    if (kind === "enter") builder.enter(frame, at);
    else builder.leave(frame, at);
    depth += kind === "enter" ? 1 : -1;
    clock = at;
  }
  pour(result.fuel.total);
  return builder.finish(result.fuel.total);
}

/**
 * Marks where a limit of fuel was passed: a frame inside of the innermost one, from there to the next call or return. It
 * is told each stretch between two of these, from and to.
 */
function limitMarker({ limits }: Result, table: FrameTable, builder: EventedBuilder) {
  if (!limits?.exceeded.includes("fuel")) return () => {};
  const { fuel, preset } = limits;
  return (from: number, to: number): void => {
    if (from > fuel || to <= fuel) return;
    const frame = table.add({ name: `[limit] ${preset}: ${grouped(fuel)} fuel passed` });
    builder.enter(frame, fuel);
    builder.leave(frame, to);
  };
}

/** The tree as if each node were entered once: what it cost itself first, then its children. */
function callTree(result: Result, table: FrameTable, frames: readonly number[]): EventedProfile {
  const builder = new EventedBuilder("fuel · call tree", table);
  const { tree } = result;
  const subtree = subtreeFuel(tree);
  const open: number[] = [];
  let clock = 0;
  const leaveTo = (parent: number): void => {
    for (let top = open.at(-1); top !== undefined && top !== parent; top = open.at(-1)) {
      builder.leave(frames[tree[top]!.function]!, clock);
      open.pop();
    }
  };
  for (const [index, node] of tree.entries()) {
    if (subtree[index] === 0) continue;
    leaveTo(node.parent);
    builder.enter(frames[node.function]!, clock);
    open.push(index);
    clock += node.self;
  }
  leaveTo(-1);
  return builder.finish(result.fuel.total);
}

/** Lines by function. A line's fuel includes the native work that the line caused: lines know no engine frames. */
function byLine(result: Result, table: FrameTable, frames: readonly number[]): SampledProfile {
  const builder = new SampledBuilder("fuel · by line");
  phaseSamples(result, table, builder, BEFORE);
  const { files } = result;
  const groups = new Map<
    number,
    Map<number, { function: number; file: number; line: number; fuel: number }>
  >();
  for (const pc of result.pcs) {
    // -1 sorts what has no line first; both are null together.
    const row = { function: pc.function, file: pc.file ?? -1, line: pc.line ?? -1, fuel: pc.fuel };
    let lines = groups.get(row.function);
    if (!lines) groups.set(row.function, (lines = new Map()));
    const key = row.file * 2 ** 32 + row.line;
    const known = lines.get(key);
    if (known) known.fuel += row.fuel;
    else lines.set(key, row);
  }
  const rows = [...groups.values()].flatMap((lines) => [...lines.values()]);
  rows.sort((a, b) => a.function - b.function || a.file - b.file || a.line - b.line);
  for (const row of rows) {
    const stack = [frames[row.function]!];
    if (row.line > 0)
      stack.push(table.add({ name: placeOf(row, files)!, file: files[row.file]!, line: row.line }));
    builder.sample(stack, row.fuel);
  }
  phaseSamples(result, table, builder, AFTER);
  return builder.finish(result.fuel.total);
}

function byOpcode(result: Result, table: FrameTable): SampledProfile {
  const builder = new SampledBuilder("fuel · by opcode");
  phaseSamples(result, table, builder, BEFORE);
  for (const { name, fuel } of result.opcodes) builder.sample([table.add({ name: `[op] ${name}` })], fuel);
  phaseSamples(result, table, builder, AFTER);
  return builder.finish(result.fuel.total);
}

/** The phases that go before the JavaScript where its own order is not that of time. */
const BEFORE = outerPhases.filter((phase) => phase === "startup");
const AFTER = outerPhases.filter((phase) => phase !== "startup");

function phaseSamples(
  result: Result,
  table: FrameTable,
  builder: SampledBuilder,
  phases: readonly OuterPhase[],
): void {
  for (const phase of phases) builder.sample([table.add({ name: phaseName(phase) })], result.phases[phase]);
}
