// run: javy-prof %s
// exit: 2
import { readFileSync } from "node:fs";

console.log(readFileSync("x"));
