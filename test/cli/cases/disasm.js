// run: javy-prof disasm %s
// What operands can be: names, texts, numbers, constants, jumps, variables of three kinds, and hostile ones of each.
class Shape {
  #side = 0.5;
  static made = 0;
  set side(side) {
    this.#side = side;
  }
  ["area"]() {
    return this.#side ** 2;
  }
}
class Square extends Shape {}
const tag = (strings, ...values) => strings.raw.length + values.length;
label: for (const [key, value] of Object.entries({ "\u001b[31m": 1, "a b": 2 })) {
  try {
    if (value > 1) continue label;
    console.log(/^\w+$/u.test(key), tag`one ${key} two`, 12345678901234567890n, "\u202e");
  } finally {
    delete globalThis.key;
  }
}
function shadow(a) {
  {
    let a = 1;
    a++;
  }
  return () => a + arguments.length;
}
async function* generate() {
  yield await 300000;
}
