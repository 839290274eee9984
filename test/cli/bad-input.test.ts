/**
 * What is wrong with what the user typed or has on disk: one clear message each, the README's exit code, nothing
 * on stdout, nothing written, nothing run.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { assemble } from "../support/binaryen.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { withoutEval } from "../support/plain-names.ts";

const plugin = inRoot("plugin/plugin.wasm");
const header = [0, 97, 115, 109, 1, 0, 0, 0];
/** (module (func (export "run"))) */
const foreign = [
  ...header,
  1,
  4,
  1,
  0x60,
  0,
  0,
  3,
  2,
  1,
  0,
  7,
  7,
  1,
  3,
  114,
  117,
  110,
  0,
  0,
  10,
  4,
  1,
  2,
  0,
  11,
];

const engine = (path: string) => new Uint8Array(readFileSync(inRoot(`fixtures/engines/${path}`)));
const wat = (text: string, features?: number) => assemble(text, features).bytes;
const changed = (bytes: Uint8Array, change: (bytes: Uint8Array) => void) => {
  const copy = bytes.slice();
  change(copy);
  return copy;
};

/** An app with its bytecode changed: `place` is from its beginning, or from its end where negative. */
function payloadChanged(bytes: Uint8Array, place: number, now: readonly number[]): Uint8Array {
  const { start, end } = decodeModule(bytes).data.find(({ mode }) => mode === "passive")!.bytes;
  return changed(bytes, (copy) => copy.set(now, place < 0 ? end + place : start + place));
}

/** (module (func (export "_start") …)) whose br_table has 129 targets by a byte in memory, twice. */
function twoInterpreters(): Uint8Array {
  const blocks = "(block ".repeat(130);
  const labels = Array.from({ length: 130 }, (_, i) => i).join(" ");
  const one = (name: string) =>
    `(func ${name} (param i32) ${blocks} (br_table ${labels} (i32.load8_u (local.get 0))) ${")".repeat(130)})`;
  return wat(`(module (memory (export "memory") 1) ${one("$a")} ${one("$b")} (func (export "_start")))`);
}

const { cases: instantiations } = JSON.parse(
  readFileSync(inRoot("test/fuel/instantiation.json"), "utf8"),
) as { cases: { readonly name: string; readonly wasm: string }[] };
const recorded = (name: string) =>
  new Uint8Array(Buffer.from(instantiations.find((one) => one.name === name)!.wasm, "base64"));

const fdWrite = '(import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))';
const write = (at: number) => `(drop (call $w (i32.const 1) (i32.const ${at}) (i32.const 1) (i32.const 0)))`;

const files = {
  "app.js": 'console.log("ran");\n',
  "broken.js": "const a = 1;\nfunction f() {\n  let x = ;\n}\n",
  "unclosed.js": "const a = 1;\nfunction f() {\n  return (1\n}\n",
  "import.js": 'import "./other.js";\n',
  "empty.js": "",
  "binary.js": Uint8Array.of(0xff, 0xfe, 0, 1, 2, 3),
  "app.ts": "const a: number = ;\n",
  "in.json": '{"a":1}',
  "result.json": '{"schemaVersion":1}',
  "truncated.wasm": readFileSync(plugin).subarray(0, 500),
  "foreign.wasm": Uint8Array.from(foreign),
  "component.wasm": Uint8Array.of(0, 97, 115, 109, 13, 0, 1, 0),
  "flipped.wasm": changed(engine("ng21/static.wasm"), (bytes) => {
    bytes[400_000]! ^= 0xff;
  }),
  "ng21.wasm": engine("ng21/app.wasm"),
  "ng21-plugin.wasm": engine("ng21/plugin.wasm"),
  "ng19-plugin.wasm": engine("ng19/plugin.wasm"),
  // neither of these plugins says what it is imported as: only what it exports tells them apart
  "bellard2023.wasm": engine("bellard2023/app.wasm"),
  "bellard2021-plugin.wasm": engine("bellard2021/plugin.wasm"),
  "mistyped-app.wasm": wat(
    '(module (import "javy-fixture-ng21" "invoke" (func (param i64))) (import "javy-fixture-ng21" "memory" (table 1 funcref)) (func (export "_start")))',
  ),
  "bad-version.wasm": payloadChanged(engine("ng21/app.wasm"), 0, [99]),
  "bad-atoms.wasm": payloadChanged(engine("ng21/app.wasm"), 1, [0xff]),
  "bad-lines.wasm": payloadChanged(engine("ng21/app.wasm"), -100, new Array<number>(100).fill(0)),
  "imports.wasm": wat(
    '(module (import "env" "memory" (memory 1)) (import "env" "log" (func)) (func (export "_start")))',
  ),
  "mistyped.wasm": wat(
    '(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i64) (result i32))) (memory (export "memory") 1) (func (export "_start")))',
  ),
  "instrumented.wasm": wat(
    '(module (memory (export "memory") 1) (global (export "javy_prof.fuel") (mut i64) (i64.const 0)) (func (export "_start")))',
  ),
  "two.wasm": twoInterpreters(),
  "exports.wasm": wat(
    '(module (memory (export "memory") 1) (func (export "f") (param i32)) (func (export "g")) (func (export "h")))',
  ),
  "start.wasm": recorded("start that works"),
  "reactor.wasm": recorded("reactor"),
  "no-memory.wasm": wat(`(module ${fdWrite} (func (export "_start") ${write(0)}))`),
  "outside.wasm": wat(
    `(module ${fdWrite} (memory (export "memory") 1) (func (export "_start") ${write(-8)}))`,
  ),
  "segment.wasm": wat(
    '(module (memory (export "memory") 1) (data (i32.const 65535) "abc") (func (export "_start")))',
  ),
  "function.wasm": wat(
    '(module (import "shopify_functions_javy_v3" "invoke" (func (param i32 i32 i32 i32 i32))) (func (export "_start")))',
  ),
  "dead-plugin.wasm": wat(`(module (memory (export "memory") 1) (data (i32.const 65535) "abc")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "invoke") (param i32 i32 i32 i32 i32))
    (func (export "initialize") (param i32) (result i32) (i32.const 0))
    (func (export "finalize") (result i32) (i32.const 0)))`),
  "no-table.json": "[]",
  "bad-json.json": "{",
  "unknown-key.json": '{"costs":{}}',
  "unknown-op.json": '{"cost":{"i32.plus":1}}',
  "bad-cost.json": '{"cost":{"call":-1}}',
  "bad-base.json": '{"base":"v8"}',
};

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith(files);
  mkdirSync(join(folder.path, "folder"));
});
afterAll(() => folder.remove());

const usage = 2;
const unsupported = 4;

/** What is typed, the exit code, and what the message has to say. */
const cases: readonly (readonly [string, number, RegExp])[] = [
  ["broken.js", usage, /^javy-prof: broken\.js:3:\d+: unexpected token .*';'\n {2}.*;.*\n +\^$/],
  ["unclosed.js", usage, /^javy-prof: unclosed\.js:4(?::\d+)?: Unexpected token '}'(?:\n|$)/],
  ["import.js", usage, /^javy-prof: import\.js:1:8: Could not resolve "\.\/other\.js"/],
  ["missing.js", usage, /^javy-prof: cannot read the program missing\.js: there is no such file$/],
  ["folder", usage, /^javy-prof: cannot read the program folder: it is a directory$/],
  ["empty.js", usage, /^javy-prof: empty\.js is empty\n/],
  ["app.ts", usage, /^javy-prof: app\.ts:1:19: Unexpected ";"\n {2}const a: number = ;\n {20}\^$/],
  ["in.json", usage, /^javy-prof: in\.json is JSON, not a program\n.*--input in\.json$/],
  ["result.json", usage, /^javy-prof: result\.json is JSON, not a program\n.*javy-prof view result\.json$/],
  [
    "binary.js",
    unsupported,
    /^javy-prof: binary\.js is neither JavaScript nor WebAssembly\n {2}found: .*ff fe/,
  ],
  [
    "truncated.wasm",
    unsupported,
    /^javy-prof: truncated\.wasm: .*\(at offset 0x[0-9a-f]+\)\n {2}what is there is damaged, or cut short/,
  ],
  [
    "flipped.wasm",
    unsupported,
    /^javy-prof: flipped\.wasm: .*\(at offset 0x[0-9a-f]+\)\n {2}(what is there is damaged|found by Node\.js)/,
  ],
  [
    "imports.wasm",
    unsupported,
    /^javy-prof: imports\.wasm: the module imports what this host does not give: env\.memory \(a memory\), env\.log\n {2}supported: .*\n {2}.*--host/,
  ],
  [
    "mistyped.wasm",
    unsupported,
    /^javy-prof: mistyped\.wasm: .*other types than they have\n {2}fd_write is \(i32, i32, i32, i32\) -> \(i32\), the module imports it as \(i32, i64\) -> \(i32\)\n/,
  ],
  [
    "instrumented.wasm --frames wasm",
    unsupported,
    /these names are the profiler.s own\n.*was it instrumented by javy-prof before\?/,
  ],
  [
    "two.wasm",
    unsupported,
    /^javy-prof: two\.wasm: more than one function looks like QuickJS's interpreter\n {2}function 0: .*\n {2}function 1: .*\n {2}name the right one with --dispatch-function <index>$/,
  ],
  [
    "exports.wasm --frames wasm",
    usage,
    /^javy-prof: exports\.wasm: the module has no _start\n {2}it exports g, h\n/,
  ],
  [
    "exports.wasm --frames wasm -e z",
    usage,
    /^javy-prof: exports\.wasm: the module has no export "z"\n {2}it exports g, h\n/,
  ],
  ["exports.wasm --frames wasm -e f", usage, /^javy-prof: exports\.wasm: the export "f" takes arguments\n/],
  [
    "ng21.wasm",
    unsupported,
    /^javy-prof: ng21\.wasm: this dynamic module needs the plugin "javy-fixture-ng21": give it with --plugin <file>\n {2}it imports cabi_realloc, invoke, memory from there, and exports _start\n {2}it is the plugin that the module was built with/,
  ],
  [
    "ng21.wasm --plugin ng19-plugin.wasm",
    unsupported,
    /^javy-prof: ng21\.wasm: this module imports the plugin "javy-fixture-ng21", but the plugin at hand is "javy-fixture-ng19"\n/,
  ],
  [
    "ng21.wasm --plugin ng21.wasm",
    unsupported,
    /^javy-prof: ng21\.wasm: this is no Javy plugin\n(.*\n)*.*a dynamic module: give it as the program/,
  ],
  [
    "bellard2023.wasm --plugin bellard2021-plugin.wasm",
    unsupported,
    /^javy-prof: bellard2023\.wasm: the plugin at hand does not go with this module, which imports "javy_quickjs_provider_v2"\n {2}.* is missing\n(.*\n)* {2}it is of another version: /,
  ],
  [
    "mistyped-app.wasm --plugin ng21-plugin.wasm",
    unsupported,
    /does not go with this module, .*\n(?=[\s\S]* {2}invoke is \(i32, i32, i32, i32, i32\) -> \(\), wanted is \(i64\) -> \(\)\n)[\s\S]* {2}memory is a memory, wanted is a table\n/,
  ],
  ["info flipped.wasm", unsupported, /^javy-prof: flipped\.wasm: /],
  [
    "foreign.wasm",
    unsupported,
    /^javy-prof: foreign\.wasm: no QuickJS interpreter was found in this module\n {2}looked for: .*\n {2}found: no br_table at all\n(.*\n)*.*--frames wasm$/,
  ],
  [
    "component.wasm",
    unsupported,
    /^javy-prof: component\.wasm: this is a WebAssembly component, not a core module\n {2}supported: .*\n {2}.*wasm-tools component unbundle .*\n {2}.*jco/,
  ],
  [plugin, unsupported, /^javy-prof: plugin\.wasm: this is a Javy plugin, not a program\n/],
  ["app.js --plugin missing.wasm", usage, /cannot read the plugin missing\.wasm: there is no such file$/],
  ["app.js --plugin app.js", unsupported, /^javy-prof: app\.js: not a WebAssembly module\n/],
  ["app.js --plugin foreign.wasm", unsupported, /^javy-prof: foreign\.wasm: this is no Javy plugin\n/],
  ["app.js --plugin truncated.wasm", unsupported, /^javy-prof: truncated\.wasm: .*at offset/],
  ["app.js --export checkout", usage, /no export "checkout"\n {2}it exports _start/],
  ["app.js --input missing.json", usage, /cannot read the input missing\.json: there is no such file$/],
  ["app.js --input folder", usage, /cannot read the input folder: it is a directory$/],
  ["app.js --unknown", usage, /^javy-prof: unknown option '--unknown'\n/],
  ["app.js --max-fuel", usage, /^javy-prof: option '--max-fuel <n>' argument missing\n/],
  ["app.js --format flame", usage, /no format "flame"\n {2}available: speedscope, json/],
  ["app.js --format json,folded --out x", usage, /--out takes one format\n/],
  ["app.js --json --out -", usage, /both want stdout$/],
  ["app.js --max-fuel lots", usage, /--max-fuel takes a whole number, not "lots"\n/],
  ["app.js --max-fuel -5", usage, /--max-fuel/],
  ["app.js --max-fuel 1e99", usage, /--max-fuel takes a whole number/],
  ["app.js --timeout soon", usage, /--timeout takes a time in seconds, not "soon"\n/],
  ["app.js --timeout 0", usage, /--timeout takes a time in seconds, not "0"\n/],
  ["app.js --top few", usage, /--top takes a whole number, not "few"\n/],
  ["app.js --min x", usage, /--min takes a whole number/],
  ["app.js --sort cost", usage, /--sort takes self, total, calls, name, not "cost"$/],
  ["app.js --by module", usage, /--by takes function, line, .*, not "module"$/],
  ["app.js --frames all", usage, /--frames takes .*, not "all"$/],
  ["app.js --seed x", usage, /--seed takes a whole number/],
  [
    "app.js --limits github",
    usage,
    /--limits takes shopify, shopify:<scale>, none, or a file of limits \(\*\.json\), not "github"$/,
  ],
  ["app.js --fuel-model v8", usage, /unknown fuel model "v8"\n {2}supported: wasmtime-/],
  ["app.js --fuel-model wasmtime", usage, /unknown fuel model "wasmtime"\n/],
  [
    "app.js --fuel-model missing.json",
    usage,
    /cannot read the cost table missing\.json: there is no such file$/,
  ],
  ["app.js --fuel-model bad-json.json", usage, /bad-json\.json is not JSON: /],
  ["app.js --fuel-model no-table.json", usage, /no-table\.json is not a JSON cost table\n/],
  ["app.js --fuel-model unknown-key.json", usage, /unknown-key\.json: unknown key "costs"\n/],
  ["app.js --fuel-model unknown-op.json", usage, /names an unknown instruction: i32\.plus$/],
  ["app.js --fuel-model bad-cost.json", usage, /cost\.call is -1; a cost is an integer/],
  ["app.js --fuel-model bad-base.json", usage, /unknown fuel model "v8"\n/],
  [
    "app.js --out app.js/p.json",
    usage,
    /cannot write the profile app\.js\/p\.json: a file stands where a folder should be/,
  ],
  ["app.js --out folder", usage, /cannot write the profile folder: it is a folder\n/],
  ["app.js --out app.js", usage, /the profile would overwrite app\.js\n/],
  ["app.js --out ./in.json --input in.json", usage, /the profile would overwrite \.\/in\.json\n/],
  ["build app.js --out missing/a.wasm", usage, /cannot write missing\/a\.wasm/],
  ["build foreign.wasm", usage, /foreign\.wasm is WebAssembly already\n/],
  ["build broken.js", usage, /^javy-prof: broken\.js:3:/],
  ["info truncated.wasm", unsupported, /truncated\.wasm: .*at offset/],
  ["info missing.wasm", usage, /missing\.wasm: there is no such file$/],
  ["info app.js --dispatch-function x", usage, /--dispatch-function takes a whole number/],
  [
    "export missing.json --format folded",
    usage,
    /cannot read the result missing\.json: there is no such file$/,
  ],
  ["export app.js --format folded", usage, /app\.js is not JSON: /],
  ["view missing.json", usage, /cannot read the profile missing\.json: there is no such file$/],
  ["view", usage, /no \*\.speedscope\.json in the working directory\n/],
];

describe("one clear message", () => {
  test.each(cases)("%s", async (line, exit, message) => {
    const { code, stdout, stderr } = await javyProf(folder.path, line.split(" "));
    expect(stderr.trimEnd()).toMatch(message);
    expect(code).toBe(exit);
    // with --json the error is the document (json-errors.test.ts)
    if (line.includes("--json")) expect(JSON.parse(stdout).error.code).toBe(code);
    else expect(stdout).toBe("");
    expect(stderr).not.toMatch(/internal error|\n\s+at |node:/);
    expect(stderr.match(/^javy-prof: /gm)).toHaveLength(1);
    expect(stderr.match(/^(?! {2}|javy-prof: |\(Did you mean).+/gm), "details are indented").toBeNull();
    expect(readdirSync(folder.path).sort()).toEqual([...Object.keys(files), "folder"].sort());
  });
});

describe("damaged bytecode is the engine's to judge", () => {
  const run = async (app: string) => {
    const ended = await javyProf(folder.path, [
      app,
      "--plugin",
      "ng21-plugin.wasm",
      "--out",
      "-",
      "--format",
      "json",
    ]);
    expect(ended.stderr).not.toMatch(/internal error|\n\s+at .*(file|node):/);
    return ended;
  };

  test("the engine refuses it: its words, exit 3", async () => {
    const { code, stderr } = await run("bad-atoms.wasm");
    expect(stderr).toMatch(/^uncaught exception: Error: invalid symbol type/m);
    expect(stderr).toMatch(/the module's bytecode cannot be read and may be damaged: .*\(at offset 0x/);
    expect(code).toBe(3);
  });

  test("a version that is not the engine's is said by name: exit 4", async () => {
    const { code, stderr } = await run("bad-version.wasm");
    expect(stderr).toMatch(/^uncaught exception: Error: invalid version \(99 expected=21\)$/m);
    expect(stderr).toMatch(/^javy-prof: bad-version\.wasm: .*99\n/m);
    expect(code).toBe(4);
  });

  test("damaged lines cost the lines, nothing else", async () => {
    const damaged = await run("bad-lines.wasm");
    expect(damaged.stderr).toContain("has 1 function(s) whose line table is damaged: they have no lines");
    const sound = await run("ng21.wasm");
    // not the fuel: the program looks at its own stack trace
    const calls = (text: string) =>
      (JSON.parse(text) as Result).functions.map(({ name, calls }) => [
        withoutEval(name.replace(/\S+\.wasm/, "app")),
        calls,
      ]);
    expect(calls(damaged.stdout).sort()).toEqual(calls(sound.stdout).sort());
    expect(damaged.code).toBe(sound.code);
  });
});

/** Fuel as wasmtime 45, 48 and 50 report it: test/fuel/instantiation.json, "start that works" and "reactor". */
describe("code that runs at instantiation is counted", () => {
  test.each([
    ["start.wasm", "wasmtime-45", 9],
    ["start.wasm", "wasmtime-48", 11],
    ["start.wasm", "wasmtime-50", 11],
    ["reactor.wasm", "wasmtime-45", 46],
    ["reactor.wasm", "wasmtime-48", 46],
    ["reactor.wasm", "wasmtime-50", 46],
  ])("%s under %s", async (file, model, fuel) => {
    const { code, stdout } = await javyProf(folder.path, [
      ...[file, "--frames", "wasm", "--fuel-model", model, "--json", "--out", "x.speedscope.json"],
    ]);
    rmSync(join(folder.path, "x.speedscope.json"));
    expect((JSON.parse(stdout) as { fuel: { total: number } }).fuel.total).toBe(fuel);
    expect(code).toBe(0);
  });
});

describe("what a guest does wrong at run time is a trap, exit 3", () => {
  test.each([
    ["no-memory.wasm", "the module calls WASI and exports no memory for it"],
    ["outside.wasm", "out of bounds memory access in fd_write"],
    // the words are V8's, which newer ones begin with the segment's number
    ["segment.wasm", "data segment (0 )?is out of bounds"],
    // a platform's host calls the plugin before and after: not where it did not come up
    ["function.wasm --plugin dead-plugin.wasm", "data segment (0 )?is out of bounds"],
  ])("%s", async (line, message) => {
    const args = [...line.split(" "), "--frames", "wasm", "--out", "-"];
    const { code, stderr } = await javyProf(folder.path, args);
    expect(stderr).not.toContain("internal error");
    expect(stderr).toMatch(new RegExp(`the guest trapped: ${message}`));
    expect(code).toBe(3);
  });
});
