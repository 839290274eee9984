/** Columns of numbers that grow: typed arrays of twice the length with the same contents. */
export function twice<T extends Int32Array | Float64Array>(column: T): T {
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}
