/**
 * The speedscope file of a result: three profiles of the same total. 0: the calls in order, fuel as the
 * clock (or the call tree, entered and left node by node, where the order of the calls was not kept);
 * 1: lines, each under its function and the lines that called that; 2: opcodes. The phases outside of JavaScript are frames in each.
 */
import { grouped } from "../../base/numbers.ts";
import { type OuterPhase, outerPhases, phaseName } from "../../result/phases.ts";
import { phasePourer } from "../../result/replay.ts";
import type { FunctionRow, Result } from "../../result/result.ts";
import { subtreeFuel } from "../../result/walk.ts";
import { frameName, limitName, shortPlaces, withoutPlace } from "../labels.ts";
import { rowsChunks } from "../rows.ts";
import { EventedBuilder, FrameTable, SampledBuilder } from "./speedscope-builder.ts";
import { addLineSamples } from "./speedscope-lines.ts";
import type { EventedProfile, SampledProfile, SpeedscopeFile, SpeedscopeFrame } from "./speedscope-spec.ts";

/** The file in chunks. */
export function writeSpeedscope(result: Result): Iterable<string> {
  return speedscopeChunks(speedscopeFile(result));
}

/** The text of a file in chunks, a frame, an event or a sample a line. */
export function speedscopeChunks(file: SpeedscopeFile): Iterable<string> {
  return rowsChunks(file, new Set(["frames", "events", "samples"]));
}

/** The file as data. */
export function speedscopeFile(result: Result): SpeedscopeFile {
  const table = new FrameTable();
  const places = shortPlaces(result.functions, result.files);
  const frames = result.functions.map((row) => table.add(functionFrame(row, result.files, places(row))));
  const first = result.events ? callsInOrder(result, table, frames) : callTree(result, table, frames);
  // lines and opcodes are JavaScript's
  const isWasm = result.toolchain.quickjs === null;
  const profiles = isWasm ? [first] : [first, byLine(result, table, frames), byOpcode(result, table)];
  return {
    $schema: "https://www.speedscope.app/file-format-schema.json",
    name: `${result.module.name} · ${grouped(result.fuel.total)} fuel (${result.toolchain.fuelModel})`,
    exporter: `javy-prof ${result.tool.version}`,
    input: result.run.input.sha256,
    activeProfileIndex: 0,
    shared: { frames: table.frames },
    profiles,
  };
}

/** Labels show names alone: `readInput :21`, unless the name says already where it is. */
export function functionFrame(row: FunctionRow, files: readonly string[], place: string): SpeedscopeFrame {
  const own = frameName(row, files);
  const name = place === "" || withoutPlace(own) !== own ? own : `${own} ${place}`;
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
  const { fuel } = limits;
  return (from: number, to: number): void => {
    if (from > fuel || to <= fuel) return;
    const frame = table.add({ name: limitName(limits) });
    builder.enter(frame, fuel);
    builder.leave(frame, to);
  };
}

/** The tree as if each node were entered once: what it cost itself first, under the mark of a limit passed in it, then its children. */
function callTree(result: Result, table: FrameTable, frames: readonly number[]): EventedProfile {
  const builder = new EventedBuilder("fuel · call tree", table);
  const { tree, limits } = result;
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
    const mark = index === limits?.passedIn ? table.add({ name: limitName(limits) }) : null;
    if (mark !== null) builder.enter(mark, clock);
    clock += node.self;
    if (mark !== null) builder.leave(mark, clock);
  }
  leaveTo(-1);
  return builder.finish(result.fuel.total);
}

function byLine(result: Result, table: FrameTable, frames: readonly number[]): SampledProfile {
  const builder = new SampledBuilder("fuel · by line");
  phaseSamples(result, table, builder, BEFORE);
  addLineSamples(result, table, frames, builder);
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
