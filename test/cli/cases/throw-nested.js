// run: javy-prof %s --top 5
// exit: 3
class Cart {
  total() {
    return this.lines.map((line) => price(line)).length;
  }
  lines = ["apple", "pear"];
}
function price(name) {
  if (name === "pear") throw new TypeError(`no price for ${name}`);
  return name.length;
}
new Cart().total();
