/**
 * Sections: THE order in which they must stand, and how one's contents are read. A custom section's
 * contents begin behind its name, whose length may be a LEB of any width.
 */
import { ByteReader } from "../base/bytes.ts";
import { type Module, SectionId } from "./types.ts";

/** Tags stand between memories and globals, the data count before the code. */
const order: readonly number[] = [
  SectionId.type,
  SectionId.import,
  SectionId.function,
  SectionId.table,
  SectionId.memory,
  SectionId.tag,
  SectionId.global,
  SectionId.export,
  SectionId.start,
  SectionId.element,
  SectionId.dataCount,
  SectionId.code,
  SectionId.data,
];

/** Where a section stands among those that are no custom sections, from 0; undefined where the id is unknown. */
export function sectionPosition(id: number): number | undefined {
  const position = order.indexOf(id);
  return position < 0 ? undefined : position;
}

/** A reader over the payload of the section with that id, or undefined where there is none. */
export function sectionReader(module: Module, id: number): ByteReader | undefined {
  const section = module.sections.find((one) => one.id === id);
  return section && new ByteReader(module.bytes.subarray(section.content, section.end), section.content);
}

/** A reader over the contents of the first custom section of that name, behind the name; undefined where there is none. */
export const customSection = (module: Module, name: string): ByteReader | undefined =>
  customSections(module, name)[0];

/** The same of all of that name, in their order. */
export function customSections(module: Module, name: string): ByteReader[] {
  const sections = module.sections.filter((one) => one.id === SectionId.custom && one.name === name);
  return sections.map((section) => {
    const r = new ByteReader(module.bytes.subarray(section.content, section.end), section.content);
    r.name();
    return r.sub(r.bytes.length - r.at);
  });
}
