// A cart discount in the spirit of a Shopify Function: reads a cart from stdin, writes discounts to stdout.

class Rule {
  constructor(tag, percent, from) {
    this.tag = tag;
    this.percent = percent;
    this.from = from;
  }

  matches(line) {
    return line.quantity >= this.from && line.tags.some((tag) => tag.toLowerCase() === this.tag);
  }

  discount(line) {
    return Math.round(line.price * line.quantity * this.percent) / 100;
  }
}

const rules = [new Rule("sale", 10, 1), new Rule("bulk", 15, 3), new Rule("clearance", 40, 1)];

function readInput() {
  const chunks = [];
  let length = 0;
  for (;;) {
    const buffer = new Uint8Array(1024);
    const read = Javy.IO.readSync(0, buffer);
    if (read === 0) break;
    chunks.push(buffer.subarray(0, read));
    length += read;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return JSON.parse(new TextDecoder().decode(bytes));
}

function bestRule(line) {
  let best = null;
  for (const rule of rules) {
    if (rule.matches(line) && (best === null || rule.discount(line) > best.amount)) {
      best = { id: line.id, tag: rule.tag, amount: rule.discount(line) };
    }
  }
  return best;
}

function run({ lines }) {
  return lines
    .map(bestRule)
    .filter((discount) => discount !== null)
    .sort((a, b) => b.amount - a.amount);
}

console.log(JSON.stringify({ discounts: run(readInput()) }));
