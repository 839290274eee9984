// Runs a program in an emscripten build of QuickJS, here quickjs-emscripten's release variant:
//
//   npx javy-prof run node_modules/@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm \
//     --host quickjs-emscripten.mjs -i input.txt -- app.js
//
// Needs quickjs-emscripten-core and that variant. Another one is named behind the program, and is its own module:
//
//   … node_modules/@jitl/quickjs-ng-wasmfile-release-sync/dist/emscripten-module.wasm \
//     --host quickjs-emscripten.mjs -- app.js @jitl/quickjs-ng-wasmfile-release-sync
//
// The program finds its input in `input`, a string, and writes with console.log.
import { readFileSync } from "node:fs";
import { newQuickJSWASMModuleFromVariant, newVariant } from "quickjs-emscripten-core";

export default async (guest) => {
  const [program, name = "@jitl/quickjs-wasmfile-release-sync"] = guest.args;
  if (program === undefined) throw new Error("which program? give it after --: -- app.js");
  const { default: variant } = await import(name);
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(variant, {
      emscriptenModule: {
        // emscripten hands over its imports here: names that were made short, and its memory among them.
        instantiateWasm(imports, received) {
          const instance = guest.instantiate(imports);
          received(instance);
          return instance.exports;
        },
      },
    }),
  );
  const context = quickjs.newContext();
  const console = context.newObject();
  for (const [fd, name] of [[1, "log"], [2, "error"]]) {
    const write = context.newFunction(name, (...values) => {
      guest.write(fd, `${values.map((value) => context.getString(value)).join(" ")}\n`);
    });
    context.setProp(console, name, write);
  }
  context.setProp(context.global, "console", console);
  context.setProp(context.global, "input", context.newString(new TextDecoder().decode(guest.stdin())));
  const source = readFileSync(program, "utf8");
  return {
    call() {
      context.unwrapResult(context.evalCode(source, program)).dispose();
      context.runtime.executePendingJobs();
    },
  };
};
