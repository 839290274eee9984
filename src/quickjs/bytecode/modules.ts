/** Reads the record of a serialized ES module: what it imports and exports. The root function follows it. */
import type { ByteReader } from "../../base/bytes.ts";
import type { SerializedFormat } from "../engines/versions.ts";
import { type AtomTable, atomText } from "./atoms.ts";
import type { ModuleExport, ModuleRecord } from "./function.ts";

function list<T>(reader: ByteReader, each: () => T): T[] {
  const count = reader.leb();
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(each());
  return items;
}

/** Reads the record whose tag was read. */
export function readModule(reader: ByteReader, atoms: AtomTable, format: SerializedFormat): ModuleRecord {
  const text = () => atomText(atoms.read(reader)) ?? "";
  const name = text();
  const requests = list(reader, text);
  const exports = list(reader, (): ModuleExport => {
    const start = reader.at;
    const type = reader.u8();
    if (type > 1) reader.fail(`unknown kind of export ${type}`, start);
    if (type === 0) {
      const variable = reader.leb();
      return { name: text(), variable, request: -1, from: "" };
    }
    const request = reader.leb();
    const from = text();
    return { name: text(), variable: -1, request, from };
  });
  const exportAll = list(reader, () => reader.leb());
  const imports = list(reader, () => {
    const variable = reader.leb();
    const imported = text();
    return { variable, name: imported, request: reader.leb() };
  });
  const awaits = format.topLevelAwait && reader.u8() !== 0;
  return { name, requests, exports, exportAll, imports, awaits };
}
