// Runs a program in npm's quickjs-wasi (quickjs-ng's WASI build), whose module is quickjs-wasi/quickjs.wasm:
//
//   npx javy-prof run node_modules/quickjs-wasi/quickjs.wasm --host quickjs-wasi.mjs -i input.txt -- app.js
//
// The program finds its input in `input`, a string, and writes with console.log.
import { readFileSync } from "node:fs";
import { QuickJS } from "quickjs-wasi";

export default async (guest) => {
  const [program] = guest.args;
  if (program === undefined) throw new Error("which program? give it after --: -- app.js");
  // The package instantiates the module by itself. For as long as it does, that is the profiler's part.
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (_module, imports) => guest.instantiate(imports);
  let vm;
  try {
    // The package's own WASI tells the real time; the profiler's is the same in every run.
    vm = await QuickJS.create({ wasm: guest.module, wasi: () => guest.wasi });
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  const write = (fd) => (...values) => {
    guest.write(fd, `${values.map((value) => value.toString()).join(" ")}\n`);
    return vm.undefined;
  };
  const console = vm.newObject();
  vm.setProp(console, "log", vm.newFunction("log", write(1)));
  vm.setProp(console, "error", vm.newFunction("error", write(2)));
  vm.setProp(vm.global, "console", console);
  vm.setProp(vm.global, "input", vm.newString(new TextDecoder().decode(guest.stdin())));
  const source = readFileSync(program, "utf8");
  return {
    call() {
      vm.evalCode(source, program);
      vm.executePendingJobs();
    },
  };
};
