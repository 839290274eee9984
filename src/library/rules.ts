/** Single rules of the monitor language, without a program. */
import { matchesOf as matchesAmong } from "../monitor/rule.ts";
import { monitorEvents } from "../profiler/js-opcodes.ts";

/** The events and modes that a rule means. @throws ScriptError with what is wrong with it. */
export function matchesOf(rule: string) {
  return matchesAmong(rule, monitorEvents());
}
