// run: javy-prof %s --by line --by opcode,phase --top 6
const squares = [];
for (let i = 0; i < 20; i++) {
  squares.push(i * i);
}
console.log(squares.length);
