import type { RawObject } from "../../schemas/artifact.ts";
import type { ResourceCustomizationSpec } from "../../schemas/kinds/resource-customization.ts";
import { builtInHealth } from "./health.ts";
import { degraded, progressing, type Health } from "./verdict.ts";

/** A ResourceCustomization by its name. */
export interface Customization {
  name: string;
  spec: ResourceCustomizationSpec;
}

/** A health check out of configuration. */
export type HealthCheck = NonNullable<ResourceCustomizationSpec["health"]>;

/** What a check says of an object. */
export type Checked =
  /** The health, in the check's own words. */
  | { outcome: "judged"; status: Health["status"]; message?: string }
  /** No rule is true, or the script returned nothing. `waits`: one of the rules would say Healthy. */
  | { outcome: "silent"; waits: boolean }
  /** It could not be carried out; the sentence says why. `tooFar`: it used up its time or memory, and is not run for `againInMs`.
   * `noHealth`: it ran, and what it said is none. */
  | { outcome: "failed"; message: string; tooFar?: true; againInMs?: number; noHealth?: true }
  /** It is not run now because it went too far on other objects, as the sentence says. */
  | { outcome: "postponed"; message: string; againInMs: number };

/** Whether a customization is about a group: `*` is any, `*.example.com` all that end so. */
export function coversGroup({ spec }: Customization, group: string): boolean {
  if (spec.group === "*" || spec.group === group) return true;
  return spec.group.startsWith("*.") && group.endsWith(spec.group.slice(1));
}

/** Whether a customization is about a kind. */
export const covers = (customization: Customization, group: string, kind: string): boolean =>
  coversGroup(customization, group) && matches(customization.spec.kind, kind);

/** `*` stands for any letters, also none. */
function matches(pattern: string, kind: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return first === kind;
  const last = rest.pop() ?? "";
  if (!kind.startsWith(first) || kind.length < first.length + last.length || !kind.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = kind.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= kind.length - last.length;
}

/** Customizations about a kind, the most specific first: by group, then by kind, then by name. */
export const customizationsOf = (all: readonly Customization[], group: string, kind: string): Customization[] =>
  all.filter((one) => covers(one, group, kind)).toSorted(bySpecificity);

function bySpecificity(a: Customization, b: Customization): number {
  const byGroup = specific(b.spec.group) - specific(a.spec.group);
  const byKind = specific(b.spec.kind) - specific(a.spec.kind);
  return byGroup || byKind || Number(a.name > b.name) - Number(a.name < b.name);
}

/** One without a wildcard before any with one, and of those the longer. */
const specific = (pattern: string): number => (pattern.includes("*") ? pattern.length : 1_000);

/** The customization whose check judges a kind: the most specific one that has a check. */
export const checkFor = (all: readonly Customization[], group: string, kind: string): Customization | undefined =>
  customizationsOf(all, group, kind).find(({ spec }) => spec.health !== undefined);

/** What the outcome of a customization's check means for the object. */
export function healthByCheck(object: RawObject, name: string, checked: Checked): Health {
  switch (checked.outcome) {
    case "judged":
      return checked.message === undefined
        ? { status: checked.status }
        : { status: checked.status, message: checked.message };
    case "silent":
      return checked.waits
        ? progressing(`no rule of ResourceCustomization ${name} is true yet`)
        : builtInHealth(object);
    case "postponed":
      return {
        status: "Unknown",
        message: `the health check of ResourceCustomization ${name} is not run for now: ${checked.message} on other objects`,
      };
    case "failed": {
      const message = `the health check of ResourceCustomization ${name} failed: ${checked.message}`;
      return checked.noHealth ? { status: "Unknown", message } : degraded(message);
    }
  }
}
