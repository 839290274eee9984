/** The programs of the benchmark: call-heavy, loop-heavy, native-heavy, and a cart discount in the spirit of a Shopify Function. */

const none = new Uint8Array();

const fib = `
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
console.log(fib(21));
`;

const loops = `
function primes(limit) {
  const sieve = new Uint8Array(limit);
  let count = 0;
  for (let i = 2; i < limit; i++) {
    if (sieve[i]) continue;
    count++;
    for (let k = i * 2; k < limit; k += i) sieve[k] = 1;
  }
  return count;
}
console.log(primes(60000));
`;

const native = `
const words = [];
for (let i = 0; i < 3000; i++) words.push("word" + ((i * 7919) % 3001));
words.sort();
const text = JSON.stringify(words);
const parsed = JSON.parse(text);
console.log(parsed.join(" ").replace(/word(\\d+)/g, "$1").length);
`;

const cart = `
function readInput() {
  const chunks = [];
  let total = 0;
  for (;;) {
    const buffer = new Uint8Array(4096);
    const read = Javy.IO.readSync(0, buffer);
    if (read === 0) break;
    chunks.push(buffer.subarray(0, read));
    total += read;
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) { all.set(chunk, at); at += chunk.length; }
  return JSON.parse(new TextDecoder().decode(all));
}
class Rule {
  constructor(tag, percent) { this.tag = tag; this.percent = percent; }
  matches(line) { return line.tags.some((tag) => tag === this.tag) && line.quantity >= 2; }
  discount(line) { return Math.round(line.price * line.quantity * this.percent) / 100; }
}
function matchRules(rules, line) {
  return rules.filter((rule) => rule.matches(line)).map((rule) => ({ id: line.id, amount: rule.discount(line) }));
}
function best(discounts) {
  return discounts.reduce((a, b) => (b.amount > a.amount ? b : a), { amount: 0 });
}
function main() {
  const { lines } = readInput();
  const rules = ["sale", "bulk", "new", "club"].map((tag, i) => new Rule(tag, 5 + i * 5));
  const discounts = lines.map((line) => best(matchRules(rules, line))).filter(({ amount }) => amount > 0);
  discounts.sort((a, b) => b.amount - a.amount);
  console.log(JSON.stringify({ discounts: discounts.slice(0, 100) }));
}
main();
`;

/** @param {number} count lines of the cart */
function cartInput(count) {
  const tags = ["sale", "bulk", "new", "club", "plain"];
  const lines = Array.from({ length: count }, (_, i) => ({
    id: "gid://line/" + i,
    quantity: 1 + ((i * 7) % 5),
    price: 100 + ((i * 7919) % 9973),
    tags: [tags[i % 5], tags[(i * 3) % 5]],
  }));
  return new TextEncoder().encode(JSON.stringify({ lines }));
}

export const programs = [
  { name: "fib", source: fib, stdin: none },
  { name: "loops", source: loops, stdin: none },
  { name: "native", source: native, stdin: none },
  { name: "cart", source: cart, stdin: cartInput(1000) },
];

/** A program of calls, objects and JSON, of about so much fuel. @param {number} rounds */
const mixed = (rounds) => `
class Line {
  constructor(id, price) { this.id = id; this.price = price; this.tags = ["t" + (id % 7), "all"]; }
  total(rate) { return Math.round(this.price * rate) / 100; }
}
function matches(line) { return line.tags.some((tag) => tag === "t3"); }
function round(n) {
  const lines = [];
  for (let i = 0; i < 40; i++) lines.push(new Line(i + n, 100 + ((i * 7919) % 997)));
  const found = JSON.parse(JSON.stringify(lines.filter(matches)));
  return found.reduce((sum, line) => sum + line.price, lines[0].total(15));
}
let sum = 0;
for (let n = 0; n < ${rounds}; n++) sum += round(n);
console.log(sum);
`;

/** By what they cost, about. */
export const dense = { "10 M": mixed(12), "100 M": mixed(124), "1 G": mixed(1246) };

/** Source of 2 MB, as bundles are: 10,000 functions in 100 groups, of which twenty are called. */
export const bundle = () => {
  const groups = Array.from({ length: 100 }, (_, group) => {
    const functions = Array.from(
      { length: 100 },
      (_, i) => `
  function part${i}(items, options) {
    if (options && options.name === "group${group}") return items.filter((item) => item.id !== ${i});
    return items.map((item) => ({ ...item, id: item.id + ${i} }));
  }`,
    ).join("");
    return `const group${group} = (() => {${functions}
  return (items) => ${group % 10 === 0 ? "part0(part50(items), { name: String(items.length) })" : "items"};
})();`;
  });
  const names = groups.map((_, group) => `group${group}`);
  return `${groups.join("\n")}
let items = [{ id: 1 }, { id: 2 }, { id: 3 }];
for (const group of [${names.join(", ")}]) items = group(items);
console.log(items.length, items[0].id);
`;
};
