// run: javy-prof info %s
export class Cart {
  lines = [];
  get total() {
    return this.lines.map((line) => line.price).reduce((a, b) => a + b, 0);
  }
}
console.log(new Cart().total);
