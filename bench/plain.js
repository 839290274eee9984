/**
 * A program as plain Node.js runs it, for comparison: `node bench/plain.js app.wasm [plugin.wasm namespace]`. Instantiates the
 * modules on Node's own WASI and calls `_start`; V8's settings are its defaults.
 */
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [app, plugin, namespace] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1" });
/** @param {string} file @param {WebAssembly.Imports} more */
const instantiate = (file, more) =>
  new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    ...{ wasi_snapshot_preview1: wasi.wasiImport, ...more },
  });
if (plugin === undefined) wasi.start(instantiate(String(app), {}));
else {
  const engine = instantiate(plugin, {});
  wasi.initialize({ exports: { memory: engine.exports.memory } });
  const { exports } = instantiate(String(app), { [String(namespace)]: engine.exports });
  /** @type {() => void} */ (exports._start)();
}
