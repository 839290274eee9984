/** The names of a monitor module's exports: what they say of a script, and what is read from them. */
import { describe, expect, test } from "vitest";
import { modelNamed } from "../../../src/fuel/models.ts";
import { libraryScript } from "../../../src/monitor/library-scripts.ts";
import { readExportName } from "../../../src/monitor/module/export-name.ts";
import { emptyModule, planMonitorModule, probeExports } from "../../../src/monitor/module/monitor-module.ts";
import { rewrite } from "../../../src/probe/rewrite.ts";
import { linkMonitor, readMonitor } from "../../../src/run/monitor-session.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { isValid } from "../../support/binaryen.ts";
import { countingProgram } from "../../support/counting-program.ts";

const textOf = (name: string) => libraryScript(name)!.text;

describe("the module", () => {
  const model = modelNamed("wasmtime-50");
  const made = (text: string) =>
    planMonitorModule(readMonitor({ file: "test.mm", text, libraries: new Map() }), new Map(), { model });

  test("names in its exports when they are to be called, and with what", () => {
    expect(
      probeExports(
        made(`wasm(local0: i32):opcode:call(arg0: i32):before / fname == "f" && arg0 > 9 / { report var n: u32 = pc; n++; }
        wasm:func:entry { } wasm:end { } wasm:opcode:br_table:before { report var m: map<u32, u32>; m[targets[target]]++; }`),
      ),
    ).toEqual([
      "wasm:end #138.2 ()",
      "wasm:opcode:call(local0: i32, arg0: i32):before #0.0 /$0(fname)/ ($1(pc), arg0)",
      "wasm:func:entry #118.1 ()",
      "wasm:opcode:br_table:before #151.3 ($2(), targets, arg0, num_targets)",
    ]);
  });

  test("knows no program: the same file serves every one", () => {
    const { plan } = made(textOf("branches"));
    const bytes = rewrite(emptyModule, plan);
    expect(isValid(bytes)).toBe(true);
    const linked = linkMonitor(
      readMonitor({ file: "test.mm", text: textOf("branches"), libraries: new Map() }),
      new Map(),
      decodeModule(countingProgram),
      { model },
    );
    expect(linked.job.beside!.module).toEqual(bytes);
  });

  test("says what the program is called back for, and whether a place can come to it", () => {
    expect(
      probeExports(
        made(`wasm:opcode:call(arg0: i32):alt / target_fn_name == "f" && arg0 > 9 / {
          report var n: u32; n++; drop_args();
          if (fid == 3 || arg0 == 1) { alt_call_by_name("g"); return; }
          alt_call_by_id(imm0 + 1);
        }
        wasm:opcode:memory.fill:before { dup_at(APP_MEMID, arg2); }`),
      ),
    ).toEqual([
      "wasm:opcode:call(arg0: i32):alt #0.0 /$0(target_fn_name)/ ($1(), fid, arg0, @alt_call_by_name $2(), @alt_call_by_id $3(fid, imm0), @dropped)",
      "wasm:opcode:memory.fill:before #245.1 (@dup_at(APP_MEMID), arg2)",
    ]);
  });

  test("refuses a function that nobody knows beforehand", () => {
    expect(() => made("wasm:opcode:call(arg0: i32):alt { alt_call_by_id(arg0); }")).toThrow(
      "alt_call_by_id takes a function that is known beforehand",
    );
  });
});

test("names are read as they are written", () => {
  const name =
    "wasm:opcode:call(arg0: i32):before #7.1 /$0(fid, pc)/ ($1(@static $2(pc), fname), fid, active_data_len(APP_MEMID), @dup_at(2), @alt_call_by_name $4(fid), @drop_args, @dropped, @init $3())";
  expect(readExportName(name)).toEqual({
    ...{ rule: "wasm:opcode:call(arg0: i32):before", at: 7, number: 1 },
    predicate: {
      ...{ kind: "state", export: "$0" },
      args: [
        { kind: "bound", name: "fid" },
        { kind: "bound", name: "pc" },
      ],
    },
    args: [
      {
        ...{ kind: "state", export: "$1" },
        args: [
          { kind: "static", export: "$2", args: [{ kind: "bound", name: "pc" }] },
          { kind: "bound", name: "fname" },
        ],
      },
      { kind: "bound", name: "fid" },
      { kind: "data", name: "active_data_len", memory: null },
      { kind: "dup_at", memory: 2 },
      { kind: "alt_call_by_name", export: "$4", args: [{ kind: "bound", name: "fid" }] },
      { kind: "drop_args" },
      { kind: "dropped" },
      { kind: "init", export: "$3", args: [] },
    ],
  });
  expect(readExportName("javy_prof.monitor.value")).toBeUndefined();
});
