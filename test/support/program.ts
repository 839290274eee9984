/** Programs made from bytes, as they are given on the command line, without files and threads. */
import { recognise } from "../../src/javy/module.ts";
import { readPlugin } from "../../src/program/plugin.ts";
import { Program } from "../../src/program/program.ts";
import { decodeModule } from "../../src/wasm/decode.ts";

/** A module's program. `plugin`: the bytes of the plugin that a dynamic one runs on. */
export function programOf(bytes: Uint8Array, plugin?: Uint8Array, name = "app.wasm"): Program {
  const module = decodeModule(bytes);
  return new Program({
    name,
    compiled: false,
    module,
    kind: recognise(module),
    plugin: plugin ? readPlugin(plugin, "", "plugin") : null,
    linked: [],
    compiler: null,
    source: null,
    map: { map: null, unused: null },
    bundled: [],
    builtBy: null,
    pluginFrom: null,
    dispatchFunction: undefined,
  });
}
