/** Every event that a monitor can name: WebAssembly's, and JavaScript's with the opcodes of all engines by name. */
import { type Event, wasmEvents } from "../monitor/events.ts";
import { jsEvents } from "../monitor/js/js-events.ts";
import { versions } from "../quickjs/engines/versions.ts";

/** In the order in which engines got them; `invalid` stands for byte 0, which no program has. */
const opcodeNames = [
  ...new Set(
    versions.flatMap(({ opcodes }) => opcodes.filter(({ code }) => code > 0).map(({ name }) => name)),
  ),
];

export const monitorEvents: readonly Event[] = [...wasmEvents, ...jsEvents(opcodeNames)];
