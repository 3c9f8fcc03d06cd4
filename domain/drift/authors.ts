import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
import { compareText } from "../sync/identity.ts";
import { overlap } from "../watch/managers.ts";

/** Who holds fields now, as `managedFields` has it. */
export interface Author {
  /** The field manager; where a client names none, the API server takes the first part of its user agent. */
  manager: string;
  operation: "Apply" | "Update";
  /** As in `scale`: the part of the API that it was written through. */
  subresource?: string;
  /** RFC 3339, when this manager's fields last changed. */
  at?: string;
  /** A field was removed, which leaves no holder: this manager wrote the object after us, more is not known. */
  probable?: true;
}

type Fields = { readonly [element: string]: unknown };

interface Entry extends Author {
  fields: Fields;
}

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/**
 * Managers other than ours that hold fields of the set, newest first. Where nobody holds any, because they were removed, those
 * that wrote the object after our last apply, marked as probable.
 */
export function authorsOf(live: RawObject, changed: unknown): Author[] {
  const all = entriesOf(live);
  const others = all.filter(({ manager }) => manager !== FIELD_MANAGER);
  const holders = others.filter(({ fields }) => overlap(fields, changed));
  if (holders.length > 0) return holders.map(asAuthor).sort(newestFirst);
  const ours = all.find(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply")?.at;
  return others
    .filter(({ at, subresource, operation }) => operation === "Update" && subresource !== "status" && after(at, ours))
    .map((entry) => ({ ...asAuthor(entry), probable: true as const }))
    .sort(newestFirst);
}

function entriesOf(live: RawObject): Entry[] {
  const entries: unknown[] = Array.isArray(live.metadata.managedFields) ? live.metadata.managedFields : [];
  return entries.flatMap((entry): Entry[] => {
    if (!isFields(entry)) return [];
    const { manager, operation, subresource, time, fieldsV1: fields } = entry;
    if (typeof manager !== "string" || !isFields(fields) || Object.keys(fields).length === 0) return [];
    return [
      {
        manager,
        operation: operation === "Apply" ? "Apply" : "Update",
        fields,
        ...(typeof subresource === "string" && subresource !== "" && { subresource }),
        ...(typeof time === "string" && { at: time }),
      },
    ];
  });
}

function asAuthor(entry: Entry): Author {
  const { fields: _, ...author } = entry;
  return author;
}

const newestFirst = (a: Author, b: Author): number =>
  compareText(b.at ?? "", a.at ?? "") || compareText(a.manager, b.manager);

/** Times in managedFields are whole seconds: what was written in the same second may have come after. */
const after = (at: string | undefined, ours: string | undefined): boolean =>
  at !== undefined && (ours === undefined || at >= ours);
