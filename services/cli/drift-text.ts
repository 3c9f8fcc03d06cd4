import type { ApplicationView } from "../../schemas/views.ts";

type Drifted = ApplicationView["drift"][number];

/** A changed field in a line: `.spec.replicas 2 -> 5`. */
export const fieldText = ({ path, was, is }: NonNullable<Drifted["fields"]>[number]): string =>
  `${path} ${was ?? "(none)"} -> ${is ?? "(none)"}`;

/** A drifted object in a line: what happened to it, by whom, since when, and what changed. */
export function driftText({ object, change, managers, authors, fields = [], more, since }: Drifted): string {
  const probable = authors?.some((author) => author.probable) === true ? "probably " : "";
  const by = managers.length > 0 ? ` by ${probable}${managers.join(", ")}` : "";
  const when = since === undefined ? "" : ` since ${since}`;
  const what = fields.length === 0 ? "" : `: ${fields.map(fieldText).join("; ")}`;
  return `${object} ${change}${by}${when}${what}${more === undefined ? "" : ` and ${more} more`}`;
}
