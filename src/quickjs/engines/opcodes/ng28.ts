// Generated from crate rquickjs-sys@0.14.0, quickjs/ by `node scripts/opcodes.js ng28 --crate rquickjs-sys@0.14.0 --like ng26`. Do not edit.
import { ng26 } from "./ng26.ts";
import type { EngineTable } from "./table.ts";

/** The same headers, another form of serialized programs. */
export const ng28: EngineTable = { ...ng26, version: 28 };
