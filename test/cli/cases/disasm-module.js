// before: javy-prof build %s -o module.wasm
// run: javy-prof disasm module.wasm --function 1 --function greet
const hello = (name) => `hello ${name}`;
function greet() {
  console.log(hello("you"));
}
greet();
