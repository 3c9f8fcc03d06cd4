import { nearest } from "../../schemas/api/nearest.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { Finding } from "../configuration/references.ts";

type Specs = ReadonlyMap<string, Pick<ApplicationSpec, "dependsOn">>;

/** Names of the applications that one waits for, in its own order. */
export const dependenciesOf = ({ dependsOn = [] }: Pick<ApplicationSpec, "dependsOn">): string[] =>
  dependsOn.flatMap(({ application }) => application ?? []);

/** Names of the applications that wait for one. */
export const dependents = (name: string, applications: Specs): string[] =>
  [...applications]
    .filter(([, spec]) => dependenciesOf(spec).includes(name))
    .map(([dependent]) => dependent)
    .toSorted();

/** The shortest way from an application over its dependencies back to itself: `a`, `b`, `a`. Undefined when there is none. */
export function cycleOf(name: string, applications: Specs): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const open = [name];
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    for (const next of dependenciesOf(applications.get(at) ?? {})) {
      if (next === name) return wayBack(cameFrom, name, at);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, at);
      open.push(next);
    }
  }
  return undefined;
}

function wayBack(cameFrom: ReadonlyMap<string, string>, name: string, last: string): string[] {
  const way = [name];
  for (let at: string | undefined = last; at !== undefined && at !== name; at = cameFrom.get(at)) way.unshift(at);
  return [name, ...way];
}

/** What is wrong with an application's dependencies, once everything that is applied is there. */
export function checkDependencies(name: string, spec: ApplicationSpec, applications: Specs): Finding[] {
  const cycle = cycleOf(name, applications);
  return (spec.dependsOn ?? []).flatMap(({ application }, index): Finding[] => {
    if (application === undefined) return [];
    const path = `spec.dependsOn.${index}.application`;
    if (application === name) return [{ path, message: `${name} depends on itself`, next: "leave it out" }];
    if (!applications.has(application)) return [{ path, ...unknown(application, applications) }];
    if (cycle?.[1] !== application) return [];
    const message = `the dependencies form a cycle: ${cycle.join(" -> ")}`;
    return [{ path, message, next: "remove one of them; none of these applications could ever be synced" }];
  });
}

function unknown(application: string, applications: Specs): Omit<Finding, "path"> {
  const meant = nearest(application, [...applications.keys()]);
  const next = meant ? `did you mean ${meant}?` : "apply it first or together with this";
  return { message: `there is no Application ${application}`, next };
}

/** Why an application can't be deleted while others wait for it; undefined when none does. */
export function denyUndepended(name: string, applications: Specs): { message: string; next: string } | undefined {
  const by = dependents(name, applications);
  if (by.length === 0) return undefined;
  const shown = by.slice(0, 10).join(", ") + (by.length > 10 ? ` and ${by.length - 10} more` : "");
  return {
    message: `Application ${name} is what ${shown} ${by.length === 1 ? "depends" : "depend"} on: without it ${by.length === 1 ? "it" : "they"} could not be synced any more`,
    next: "take it out of their dependsOn first, or delete it with --force",
  };
}
