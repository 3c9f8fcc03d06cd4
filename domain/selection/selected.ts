import { nearest } from "../../schemas/api/nearest.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import { labelsMatch, parseLabelSelector } from "../../schemas/label-selector.ts";
import type { ResourceSelector } from "../../schemas/operation.ts";
import { writeResourceSelector } from "../../schemas/resource-selector.ts";
import { globMatches } from "../project/glob.ts";
import type { Selection } from "./selective.ts";

export { isSelective, type Selection } from "./selective.ts";

/**
 * Whether an object is among those selected. `object` has the labels: as rendered, or live for one that is only to be pruned. Without a
 * selection all are.
 */
export function isSelected(selection: Selection | undefined, key: ObjectKey, object?: RawObject): boolean {
  const { resources = [], labels } = selection ?? {};
  if (resources.length > 0 && !namedBy(resources, key)) return false;
  if (labels === undefined) return true;
  const requirements = parseLabelSelector(labels);
  return requirements !== undefined && labelsMatch(requirements, object?.metadata.labels);
}

/** As in Argo CD: what is excluded is never selected, and a list that only excludes selects the rest. */
function namedBy(selectors: readonly ResourceSelector[], key: ObjectKey): boolean {
  const excluding = selectors.filter(({ exclude }) => exclude);
  const including = selectors.filter(({ exclude }) => !exclude);
  if (excluding.some((selector) => names(selector, key))) return false;
  return including.length === 0 || including.some((selector) => names(selector, key));
}

const FIELDS = ["group", "kind", "namespace", "name"] as const;

const names = (selector: ResourceSelector, key: ObjectKey): boolean =>
  FIELDS.every((field) => {
    const pattern = selector[field];
    return pattern === undefined || (pattern === "" ? key[field] === "" : globMatches(pattern, key[field]));
  });

/** At most so many objects are named where nothing was selected. */
const SHOWN = 5;

/** Why nothing is selected, with the nearest of what there is. */
export function nothingSelected(selection: Selection, keys: readonly ObjectKey[]): { message: string; next: string } {
  const { resources = [], labels } = selection;
  const what = [...resources.map(writeResourceSelector), ...(labels === undefined ? [] : [`labels ${labels}`])];
  const written = keys.map((key) => writeResourceSelector(key));
  const meant = resources.flatMap((selector) => nearestOf(selector, keys) ?? []);
  const listed = written.slice(0, SHOWN).join(", ");
  const more = written.length > SHOWN ? ` and ${written.length - SHOWN} more` : "";
  return {
    message: `no object of the application is selected by ${what.join(", ")}`,
    next:
      meant.length > 0
        ? `did you mean ${[...new Set(meant)].join(" or ")}?`
        : `its objects are ${listed === "" ? "none" : `${listed}${more}`}`,
  };
}

/** An object that differs from a selector in one field only, by a slip. */
function nearestOf(selector: ResourceSelector, keys: readonly ObjectKey[]): string | undefined {
  for (const field of ["name", "kind", "namespace", "group"] as const) {
    const wanted = selector[field];
    if (wanted === undefined) continue;
    const { [field]: _, ...others } = selector;
    const candidates = keys.filter((key) => names(others, key));
    const found = nearest(wanted, [...new Set(candidates.map((key) => key[field]))]);
    const key = candidates.find((candidate) => candidate[field] === found);
    if (found !== undefined && key) return writeResourceSelector(key);
    if (field === "group" && candidates[0]) return writeResourceSelector(candidates[0]);
  }
  return undefined;
}
