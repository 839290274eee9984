/** The probes of one function out of several plans, in the order of the plans. */
import type { Action } from "./action.ts";
import type { Bound } from "./action-writer.ts";
import type { LinkedPlan } from "./link.ts";
import type { SiteProbe } from "./plan.ts";

export interface BoundProbes {
  readonly entry: readonly Bound[];
  readonly exit: readonly Bound[];
  /** By absolute offset; undefined where there are none. */
  readonly sites: ReadonlyMap<number, readonly Bound<SiteProbe>[]> | undefined;
}

/** Undefined where no plan has any. */
export function probesOf(plans: readonly LinkedPlan[], index: number): BoundProbes | undefined {
  // of nearly all functions
  if (plans.every(({ plan }) => !plan.everywhere && !plan.functions.has(index))) return undefined;
  const entry: Bound[] = [];
  const exit: Bound[] = [];
  const sites = new Map<number, Bound<SiteProbe>[]>();
  plans.forEach(({ plan, indices }, number) => {
    const probes = plan.functions.get(index) ?? plan.everywhere?.(index);
    const bind = <T extends Action>(action: T): Bound<T> => ({ action, plan: number, indices });
    for (const action of probes?.entry ?? []) entry.push(bind(action));
    for (const action of probes?.exit ?? []) exit.push(bind(action));
    for (const [offset, actions] of probes?.sites ?? []) {
      const there = sites.get(offset);
      if (there) there.push(...actions.map(bind));
      else sites.set(offset, actions.map(bind));
    }
  });
  if (entry.length + exit.length + sites.size === 0) return undefined;
  return { entry, exit, sites: sites.size > 0 ? sites : undefined };
}
