import type { ObjectEdit } from "../domain/break-glass/difference.ts";
import { changedField, type ChangedField } from "../domain/drift/changed-fields.ts";
import { select } from "../domain/sync/field-set.ts";
import { compareText } from "../domain/sync/identity.ts";
import type { RawObject } from "../schemas/artifact.ts";
import { objectKey } from "../schemas/ids.ts";

/** An edit of a manifest together with what may be told of it. */
export interface ToldEdit extends ObjectEdit {
  /** Each changed field, what it was and what it is. */
  fields: ChangedField[];
}

/** What is to become of a file, null being no file, and because of what. */
export interface FileChange {
  path: string;
  before: string | null;
  after: string | null;
  /** Which of the edits were made in it. */
  edits: readonly ObjectEdit[];
  /** Patch files that a kustomization names from now on. */
  patches: string[];
}

/** A file of the repository that would be another. */
export interface ShownFile {
  path: string;
  change: "created" | "changed" | "removed";
  objects: { object: string; change: "changed" | "removed"; fields: ChangedField[] }[];
  patches: string[];
}

/** The fields that an edit changes, from what was desired to what is live. The object must be none whose values are secret. */
export function toldEdit(edit: ObjectEdit, desired: RawObject): ToldEdit {
  const was = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, element) => select(value, element)[0], desired);
  const fields = edit.changes.map(({ path, value }) => changedField({ path, was: was(path), is: value }));
  return { ...edit, fields: fields.sort((a, b) => compareText(a.path, b.path)) };
}

/**
 * The changes as they may be shown: objects and fields, never the text of a file. What else a file holds is not known to be free of
 * secret values, whatever it looks like, so no line of it is shown.
 */
export function shownFiles(files: readonly FileChange[], told: readonly ToldEdit[]): ShownFile[] {
  const fieldsOf = new Map(told.map(({ key, fields }) => [objectKey(key), fields]));
  return files.map(({ path, before, after, edits, patches }) => ({
    path,
    change: before === null ? "created" : after === null ? "removed" : "changed",
    objects: edits.map(({ key, removed }) => ({
      object: objectKey(key),
      change: removed ? "removed" : "changed",
      fields: removed ? [] : (fieldsOf.get(objectKey(key)) ?? []),
    })),
    patches: [...patches],
  }));
}
