import { SluiceError } from "../../schemas/errors.ts";
import { createPattern, type Effort } from "../pattern/pattern.ts";
import { compareVersions, parseRange, parseVersion } from "../source/semver-range.ts";
import { compareText } from "../sync/identity.ts";

/** Which tags count, and which of them comes first. */
export interface TagSelection {
  strategy: "SemVer" | "Lexical" | "Any";
  semverConstraint?: string | undefined;
  allowTags?: string | undefined;
  ignoreTags?: readonly string[] | undefined;
}

/**
 * The tags that count, what is newest first. SemVer: by version, the highest first, pre-releases only where the constraint names one; of two tags
 * with one version the one that comes last by name. Lexical: the last by name first. Any: in the order they came.
 * Throws InvalidInput for a constraint or an expression that is none.
 */
export function selectTags(tags: readonly string[], selection: TagSelection, effort: Effort): string[] {
  const { strategy, allowTags, ignoreTags = [] } = selection;
  const ignored = new Set(ignoreTags);
  const allowed = allowTags === undefined ? undefined : createPattern(allowTags);
  const counted = tags.filter((tag) => !ignored.has(tag) && (allowed?.test(tag, effort) ?? true));
  switch (strategy) {
    case "SemVer":
      return byVersion(counted, selection.semverConstraint);
    case "Lexical":
      return counted.toSorted((a, b) => compareText(b, a));
    case "Any":
      return counted;
  }
}

function byVersion(tags: readonly string[], constraint: string | undefined): string[] {
  const range = constraint === undefined ? undefined : parseRange(constraint);
  if (constraint !== undefined && range === undefined) {
    throw new SluiceError("InvalidInput", `The semver constraint ${JSON.stringify(constraint)} is none.`, {
      next: "write it as in ^1.2.0, or >=1.0.0 <2.0.0",
    });
  }
  return tags
    .flatMap((tag) => parseVersion(tag) ?? [])
    .filter((version) => (range ? range(version) : version.pre === ""))
    .toSorted((a, b) => compareVersions(b, a) || compareText(b.text, a.text))
    .map(({ text }) => text);
}
