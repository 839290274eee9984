// before: javy-prof build %s -o module.wasm
// run: javy-prof info module.wasm
console.log(((name) => `hello ${name}`)("you"));
