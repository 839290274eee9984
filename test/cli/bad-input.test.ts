/**
 * What is wrong with what the user typed or has on disk: one clear message each, the exit code of PRODUCT.md, nothing
 * on stdout, nothing written, nothing run.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderWith, inRoot, javyProf } from "./javy-prof.ts";

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

const files = {
  "app.js": 'console.log("ran");\n',
  "broken.js": "const a = 1;\nfunction f() {\n  let x = ;\n}\n",
  "unclosed.js": "const a = 1;\nfunction f() {\n  return (1\n}\n",
  "import.js": 'import "./other.js";\n',
  "empty.js": "",
  "binary.js": Uint8Array.of(0xff, 0xfe, 0, 1, 2, 3),
  "app.ts": "const a: number = 1;\n",
  "in.json": '{"a":1}',
  "result.json": '{"schemaVersion":1}',
  "truncated.wasm": readFileSync(plugin).subarray(0, 500),
  "foreign.wasm": Uint8Array.from(foreign),
  "component.wasm": Uint8Array.of(0, 97, 115, 109, 13, 0, 1, 0),
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
  ["broken.js", usage, /^javy-prof: broken\.js:3:\d+: unexpected token .*';'$/],
  ["unclosed.js", usage, /^javy-prof: unclosed\.js:4:\d+: Unexpected token '}'$/],
  ["import.js", usage, /^javy-prof: import\.js: could not load module 'other\.js'\n {2}.*bundle it/],
  ["missing.js", usage, /^javy-prof: cannot read the program missing\.js: there is no such file$/],
  ["folder", usage, /^javy-prof: cannot read the program folder: it is a directory$/],
  ["empty.js", usage, /^javy-prof: empty\.js is empty\n/],
  ["app.ts", usage, /^javy-prof: app\.ts is TypeScript.*\n.*esbuild/],
  ["in.json", usage, /^javy-prof: in\.json is JSON, not a program\n.*--input in\.json$/],
  ["result.json", usage, /^javy-prof: result\.json is JSON, not a program\n.*javy-prof view result\.json$/],
  [
    "binary.js",
    unsupported,
    /^javy-prof: binary\.js is neither JavaScript nor WebAssembly\n {2}found: .*ff fe/,
  ],
  ["truncated.wasm", unsupported, /^javy-prof: truncated\.wasm: .*\(at offset 0x[0-9a-f]+\)$/],
  [
    "foreign.wasm",
    unsupported,
    /^javy-prof: foreign\.wasm: no QuickJS interpreter was found in this module\n {2}looked for: .*\n {2}found: no br_table at all\n(.*\n)*.*--frames wasm$/,
  ],
  ["component.wasm", unsupported, /^javy-prof: component\.wasm: .*\n/],
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
  ["app.js --limits github", usage, /--limits takes shopify, shopify:<scale>, none, not "github"$/],
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
    "app.js --out missing/p.json",
    usage,
    /cannot write the profile missing\/p\.json: there is no such folder\n/,
  ],
  [
    "app.js --out app.js/p.json",
    usage,
    /cannot write the profile app\.js\/p\.json: there is no such folder\n/,
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
    expect(stdout).toBe("");
    expect(stderr).not.toMatch(/internal error|\n\s+at |node:/);
    expect(stderr.match(/^javy-prof: /gm)).toHaveLength(1);
    expect(stderr.match(/^(?! {2}|javy-prof: |\(Did you mean).+/gm), "details are indented").toBeNull();
    expect(readdirSync(folder.path).sort()).toEqual([...Object.keys(files), "folder"].sort());
  });
});
