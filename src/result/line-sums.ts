/**
 * What each source line cost, in columns: a program can have hundreds of thousands of them, and of most nobody ever asks.
 * Lines are numbered in the order of their appearance.
 */
import { twice } from "../base/columns.ts";

export class LineSums {
  /** By what is added: the number of its line, -1 where it has none. */
  readonly of: Int32Array;
  length = 0;
  file = new Int32Array(1024);
  line = new Int32Array(1024);
  self = new Float64Array(1024);
  hits = new Float64Array(1024);
  /** How many functions' rows have opcodes on the line; at most that where a row comes again. */
  functions = new Int32Array(1024);
  #last = new Int32Array(1024);
  readonly #numbers = new Map<number, Map<number, number>>();

  constructor(count: number) {
    this.of = new Int32Array(count).fill(-1);
  }

  /** Adds the `index`-th of what there is to a line of a file. `row`: of its function. */
  add(index: number, file: number, line: number, fuel: number, hits: number, row: number): void {
    const number = this.#number(file, line);
    this.of[index] = number;
    this.self[number]! += fuel;
    this.hits[number]! += hits;
    if (this.#last[number] === row + 1) return;
    this.#last[number] = row + 1;
    this.functions[number]! += 1;
  }

  #number(file: number, line: number): number {
    let lines = this.#numbers.get(file);
    if (!lines) this.#numbers.set(file, (lines = new Map()));
    const known = lines.get(line);
    if (known !== undefined) return known;
    const number = this.length++;
    if (number === this.line.length) this.#grow();
    lines.set(line, number);
    this.file[number] = file;
    this.line[number] = line;
    return number;
  }

  #grow(): void {
    this.file = twice(this.file);
    this.line = twice(this.line);
    this.self = twice(this.self);
    this.hits = twice(this.hits);
    this.functions = twice(this.functions);
    this.#last = twice(this.#last);
  }
}
