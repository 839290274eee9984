/**
 * pprof's profile.proto: what `go tool pprof`, Pyroscope and Parca read. Two values a sample, calls and fuel, of
 * which fuel is the default; the unit is `count`, since the tool glues any other to the number. There is no time in it: the
 * same run gives the same bytes. The leaf stands first in a stack. A location is a function at a line, so that `-lines` and
 * `-list` work: the line of a call above the leaf, and below it the lines that line-ticks.ts hands out.
 */
import {
  Line,
  Location,
  Function as PprofFunction,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from "pprof-format";
import { mostFileBytes } from "../../result/budget.ts";
import { restName } from "../../result/call-tree.ts";
import type { Result } from "../../result/result.ts";
import { inertText } from "../inert.ts";
import { frameName } from "../labels.ts";
import { lineTicks, takeTicks } from "./line-ticks.ts";
import { visitStacks } from "./stacks.ts";

/** The profile in one chunk, to be compressed. `mostBytes`: of it, about. */
export function* writePprof(result: Result, mostBytes = mostFileBytes): Generator<Uint8Array> {
  yield pprofProfile(result, mostBytes).encode();
}

/** The profile as data; values are [calls, fuel]. */
export function pprofProfile(result: Result, mostBytes = mostFileBytes): Profile {
  const strings = new StringTable();
  const places = new Locations(result, strings);
  const { tree, functions } = result;
  const ticks = lineTicks(result);
  const samples: Sample[] = [];
  const add = (locationId: readonly number[], calls: number, fuel: number): void => {
    if (calls > 0 || fuel > 0)
      samples.push(new Sample({ locationId: [...locationId], value: [calls, fuel] }));
  };
  // an id of up to three bytes a frame, and two values
  const bytes = { frame: () => 3, rest: 16, merged: 3 };
  visitStacks(result, bytes, mostBytes, ({ path, fuel, calls, merged }) => {
    const callers = path
      .slice(0, merged ? undefined : -1)
      .map((at, i) => {
        const next = tree[path[i + 1] ?? -1];
        // a location is in its function's file: a line of another is none
        return places.at(tree[at]!.function, next?.callFile === undefined ? (next?.callLine ?? null) : null);
      })
      .reverse();
    if (merged) return add([places.rest(), ...callers], calls, fuel);
    const { id } = functions[tree[path.at(-1)!]!.function]!;
    const lines = takeTicks(ticks.get(id), fuel);
    let left = fuel;
    let entered = calls;
    for (const { line, ticks: own } of lines) {
      add([places.at(id, line), ...callers], entered, own);
      left -= own;
      entered = 0;
    }
    add([places.at(id, null), ...callers], entered, left);
  });
  const count = strings.dedup("count");
  const types = ["calls", "fuel"].map((name) => new ValueType({ type: strings.dedup(name), unit: count }));
  return new Profile({
    sampleType: types,
    defaultSampleType: strings.dedup("fuel"),
    sample: samples,
    location: places.locations,
    function: places.functions,
    comment: [strings.dedup(`fuel: ${result.toolchain.fuelModel}`)],
    stringTable: strings,
  });
}

/** Functions and locations by what they are, each made when it is first asked for. Ids are 1-based. */
class Locations {
  readonly locations: Location[] = [];
  readonly functions: PprofFunction[] = [];
  readonly #result: Result;
  readonly #strings: StringTable;
  readonly #functionIds = new Map<number, number>();
  readonly #locationIds = new Map<string, number>();

  constructor(result: Result, strings: StringTable) {
    this.#result = result;
    this.#strings = strings;
  }

  /** A function at a line of its file; `line` null: where it is not known. */
  at(id: number, line: number | null): number {
    const row = this.#result.functions[id]!;
    let known = this.#functionIds.get(id);
    if (known === undefined) {
      const { files } = this.#result;
      known = this.#function(frameName(row, files), row.file === null ? "" : files[row.file]!, row.line ?? 0);
      this.#functionIds.set(id, known);
    }
    return this.#location(known, row.file === null ? 0 : (line ?? 0));
  }

  /** What stands for merged subtrees. */
  rest(): number {
    const none = -1;
    let known = this.#functionIds.get(none);
    if (known === undefined) this.#functionIds.set(none, (known = this.#function(restName, "", 0)));
    return this.#location(known, 0);
  }

  #function(name: string, filename: string, startLine: number): number {
    const text = this.#strings.dedup(inertText(name));
    const id = this.functions.length + 1;
    this.functions.push(
      new PprofFunction({
        id,
        name: text,
        systemName: text,
        filename: this.#strings.dedup(inertText(filename)),
        startLine,
      }),
    );
    return id;
  }

  #location(functionId: number, line: number): number {
    const key = `${functionId}:${line}`;
    let id = this.#locationIds.get(key);
    if (id === undefined) {
      this.#locationIds.set(key, (id = this.locations.length + 1));
      this.locations.push(new Location({ id, line: [new Line({ functionId, line })] }));
    }
    return id;
  }
}
