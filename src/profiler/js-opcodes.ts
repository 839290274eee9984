/** Every event that a monitor can name: WebAssembly's, and JavaScript's with the opcodes of all engines by name. */
import { Kept } from "../base/kept.ts";
import { type Event, wasmEvents } from "../monitor/events.ts";
import { jsEvents } from "../monitor/js/js-events.ts";
import { versions } from "../quickjs/engines/versions.ts";

const kept = new Kept((): readonly Event[] => {
  // in the order in which engines got them; `invalid` stands for byte 0, which no program has
  const names = versions.flatMap(({ opcodes }) =>
    opcodes.filter(({ code }) => code > 0).map(({ name }) => name),
  );
  return [...wasmEvents(), ...jsEvents([...new Set(names)])];
});

export const monitorEvents = (): readonly Event[] => kept.value;
