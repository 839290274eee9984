/**
 * JavaScript as ComponentizeJS packs it: StarlingMonkey, which is SpiderMonkey for WebAssembly, as a component or as the core
 * module in one. It is told by names of exports that are ComponentizeJS's alone.
 */

/** `has`: whether something is exported by a name. */
export function isStarlingMonkey(has: (name: string) => boolean): boolean {
  return has("coreabi_get_import") && (has("check_init") || has("componentize.wizer"));
}

/** What to do with its program here. */
export const giveTheProgram =
  "give the program itself to see what its functions cost in QuickJS, as Javy runs it: javy-prof app.js";
