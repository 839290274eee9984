// run: javy-prof %s --sort name
// exit: 3
const names = [
  "a b;c",
  "\x1b[31mred\x07",
  '<script>alert("x")</script>',
  "\u202eback",
  "line\nbreak",
  "__proto__",
  "constructor",
  "漢字 🎉",
  "q\"uo'te`",
];
for (const name of names) {
  const o = Object.create(null);
  Object.defineProperty(o, "run", { value: () => 1 });
  Object.defineProperty(o.run, "name", { value: name });
  o.run();
}
const written = {
  "a b;c"() {},
  "\x1b[31mred\x07"() {},
  '<script>alert("x")</script>'() {},
  "\u202eback"() {},
  "line\nbreak"() {},
  __proto__() {},
  constructor() {},
  "漢字 🎉"() {},
  "q\"uo'te`"() {},
};
for (const name of Object.keys(written)) written[name]();
throw new Error("\x1b]0;title\x07 boom");
