/**
 * What the engine does for an opcode, in a few words: the name of the work that its handler leaves to other functions.
 * By the opcodes' names, which versions share where they share the opcode; the first pattern that fits counts.
 */
import type { EngineVersion } from "../engines/versions.ts";

const works: readonly (readonly [pattern: RegExp, work: string])[] = [
  [/^(apply_)?eval|^import/, "eval and import"],
  [/^(call|apply|tail_call|return|check_ctor|init_ctor)|call_constructor/, "calls"],
  [
    /^(array_from|object|append|rest|special_object|regexp|template_object|copy_data_properties)/,
    "new objects",
  ],
  [
    /^(fclosure|define_method|define_class|set_home_object|set_name|close_loc|make_\w+ref|push_const)/,
    "closures",
  ],
  [/^(for_|iterator_|using_)/, "iteration"],
  [/^(throw|catch|gosub|ret$|nip_catch)/, "exceptions"],
  [/^(initial_yield|yield|async_yield|await)/, "generators and promises"],
  [/^(inc|dec|add)_loc/, "operators"],
  [/_var_ref|(_loc|_arg)|^(push|drop|nip|dup|swap|perm|insert|rot)/, "variables"],
  [
    /field|array_el|super|length|private|brand|_ref_value|^with_|^delete|^in$|proto|_var|_func$/,
    "property access",
  ],
  [
    /^(neg|plus|dec|inc|l?not|typeof|is_|to_|post_|add|sub|mul|div|mod|pow|sh|sar|and|x?or|lte?|gte?|n?eq|strict|instanceof|if_|goto|math)/,
    "operators",
  ],
];

/** Work of which no opcode is known: calls that the embedder makes, linking. */
export const otherWork = "calls";

/** The work by opcode. */
export function opcodeWork(engine: EngineVersion): string[] {
  return engine.opcodes.map(
    ({ name }) => works.find(([pattern]) => pattern.test(name))?.[1] ?? "other opcodes",
  );
}
