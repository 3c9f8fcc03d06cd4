import type { ApplicationState } from "../domain/application/state.ts";
import type { BreakGlass } from "../domain/break-glass/state.ts";
import { addedFields, entriesSince } from "../domain/break-glass/added.ts";
import { fieldChanges, type ObjectEdit } from "../domain/break-glass/difference.ts";
import { KUSTOMIZATION_FILES } from "../domain/source/kustomization.ts";
import { joinRepoPath } from "../domain/source/repo-path.ts";
import type { SourceTree } from "../domain/source/tree.ts";
import type { FieldSet } from "../domain/sync/field-set.ts";
import { isSecret, keyTextOf } from "../domain/sync/identity.ts";
import type { Artifact, Inventory, RawObject } from "../schemas/artifact.ts";
import { SluiceError } from "../schemas/errors.ts";
import { objectKey } from "../schemas/ids.ts";
import type { Source } from "../schemas/kinds/source.ts";
import { limited } from "./limited.ts";
import type { ServedKind } from "./live.ts";
import { type FileChange, type ToldEdit, toldEdit } from "./shown-difference.ts";

/** Writes differences into manifests; the service plugs it in. */
export interface ManifestEditor {
  editManifests(
    text: string,
    edits: readonly ObjectEdit[],
  ): { text: string | null; done: ObjectEdit[]; refused: { edit: ObjectEdit; message: string }[] };
  patchOf(
    edit: ObjectEdit,
    names: { prefix: string; suffix: string },
  ): { file: string; text: string } | { refused: string };
  withPatches(kustomization: string, files: readonly string[]): string;
  namesOf(kustomization: string): { prefix: string; suffix: string };
}

export interface DifferenceDeps {
  blobs: { getJson<T>(digest: string): Promise<T> };
  cluster(name: string): Promise<{
    resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
    get(kind: ServedKind, namespace: string, name: string): Promise<RawObject | undefined>;
  }>;
  editor: ManifestEditor;
}

/** A field that was added by hand and was never Sluice's, without its value. */
export interface Added {
  object: string;
  field: string;
  managers: string[];
}

/** An object whose difference can't be written to a file, and why. */
export interface Skipped {
  object: string;
  message: string;
}

/** What is to become of the files of a commit. */
export interface FileChanges {
  files: FileChange[];
  skipped: Skipped[];
}

const CONCURRENCY = 8;
const SECRET = "values of a Secret are not written to Git";
const MANIFEST = /\.(?:ya?ml|json)$/;
const MOST_FILES = 2_000;
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * What differs, object by object, from what was deployed: fields of ours, and those that who changed the objects by hand wrote since the
 * break-glass began. Beside it what anybody added since, which a sync leaves as it is.
 */
export async function differenceOf(
  deps: DifferenceDeps,
  { inventory, deployed, cluster }: ApplicationState,
  breakGlass: Pick<BreakGlass, "managers" | "startedAt"> | undefined,
): Promise<{ edits: ToldEdit[]; skipped: Skipped[]; added: Added[] }> {
  const added: Added[] = [];
  if (inventory === undefined || deployed === undefined || cluster === undefined)
    return { edits: [], skipped: [], added };
  const [{ entries }, artifact, client] = await Promise.all([
    deps.blobs.getJson<Inventory>(inventory),
    deps.blobs.getJson<Artifact>(deployed.artifact),
    deps.cluster(cluster),
  ]);
  const desired = new Map(artifact.objects.map((object) => [keyTextOf(object), object]));
  const edits: ToldEdit[] = [];
  const skipped: Skipped[] = [];
  await limited(entries, CONCURRENCY, async ({ key, apiVersion, fieldSet }) => {
    const text = objectKey(key);
    const wanted = desired.get(text);
    const kind = wanted && (await client.resolve(apiVersion, key.kind));
    if (!wanted || !kind) return;
    const live = await client.get(kind, key.namespace, key.name);
    if (live && breakGlass) added.push(...addedTo(live, { object: text, fieldSet, since: breakGlass.startedAt }));
    if (isSecret(wanted)) {
      if (!live) skipped.push({ object: text, message: `it was deleted; ${SECRET}` });
      else if (writtenBy(live, breakGlass).length > 0) skipped.push({ object: text, message: SECRET });
      return;
    }
    const sets = live ? [(fieldSet ?? {}) as FieldSet, ...writtenBy(live, breakGlass)] : [];
    const changes = live ? fieldChanges(wanted, live, sets) : [];
    if (!live || changes.length > 0) {
      edits.push(toldEdit({ key, apiVersion, removed: !live, changes }, wanted));
    }
  });
  const byKey = (a: ObjectEdit, b: ObjectEdit) => (objectKey(a.key) < objectKey(b.key) ? -1 : 1);
  added.sort((a, b) => (a.object + a.field < b.object + b.field ? -1 : 1));
  return { edits: edits.sort(byKey), skipped, added };
}

function addedTo(
  live: RawObject,
  { object, fieldSet, since }: { object: string; fieldSet: unknown; since: string },
): Added[] {
  return addedFields(live, fieldSet, since).map(({ path, managers }) => ({ object, field: path, managers }));
}

/** What the managers of the recorded changes wrote since the break-glass began. */
function writtenBy(live: RawObject, breakGlass: Pick<BreakGlass, "managers" | "startedAt"> | undefined): FieldSet[] {
  if (!breakGlass) return [];
  const { managers, startedAt } = breakGlass;
  const entries = entriesSince(live, startedAt).filter(({ manager }) => managers.includes(manager));
  return entries.map(({ fieldsV1 }) => fieldsV1);
}

/** The files of a source with the difference in them. Throws InvalidInput for a source that nothing can be written to. */
export async function fileChanges(
  editor: ManifestEditor,
  { source, tree }: { source: Source; tree: SourceTree },
  { edits, skipped }: { edits: readonly ObjectEdit[]; skipped: readonly Skipped[] },
): Promise<FileChanges> {
  const root = joinRepoPath("", source.path) ?? "";
  const kustomization = await kustomizationOf(source, tree, root);
  const found = kustomization
    ? kustomized(editor, source, { edits, kustomization, root, tree })
    : plain(editor, { edits, root, tree, recursive: source.directory?.recurse === true });
  const { files, skipped: more } = await found;
  return { files: files.filter(({ before, after }) => before !== after), skipped: [...skipped, ...more] };
}

/** Throws InvalidInput where a difference can't be committed to a source of this kind. */
export async function checkSource(source: Source, tree: SourceTree): Promise<void> {
  await kustomizationOf(source, tree, joinRepoPath("", source.path) ?? "");
}

interface Text {
  path: string;
  text: string;
}

/** The kustomization of a source; undefined for plain manifests. */
async function kustomizationOf(source: Source, tree: SourceTree, root: string): Promise<Text | undefined> {
  const at = (name: string): string => joinRepoPath(root, name)!;
  const [chart, ...entries] = await tree.entries(["Chart.yaml", ...KUSTOMIZATION_FILES].map(at));
  const index = entries.findIndex((entry) => entry?.type === "blob");
  if (!source.directory && index >= 0 && !source.helm) {
    const path = at(KUSTOMIZATION_FILES[index]!);
    return { path, text: new TextDecoder().decode(await tree.read(path)) };
  }
  if (!source.helm && (source.directory || chart?.type !== "blob")) return undefined;
  throw new SluiceError("InvalidInput", "the source is a Helm chart: what it renders has no manifest to change", {
    next: "look at the difference with `sluice break-glass show`, and put it into the chart's values by hand",
  });
}

async function plain(
  editor: ManifestEditor,
  of: { edits: readonly ObjectEdit[]; root: string; tree: SourceTree; recursive: boolean },
): Promise<FileChanges> {
  const { tree, root, recursive } = of;
  const listed = await tree.list(root, { recursive });
  const manifests = listed.filter(({ type, path }) => type === "blob" && MANIFEST.test(path)).slice(0, MOST_FILES);
  let left = [...of.edits];
  const skipped: Skipped[] = [];
  const files: FileChanges["files"] = [];
  for (const { path, oid } of manifests) {
    if (left.length === 0) break;
    const before = new TextDecoder().decode(await tree.readBlob(oid, MOST_BYTES));
    const { text, done, refused } = editor.editManifests(before, left);
    skipped.push(
      ...refused.map(({ edit, message }) => ({ object: objectKey(edit.key), message: `${path}: ${message}` })),
    );
    left = left.filter((edit) => !refused.some((one) => one.edit === edit));
    if (done.length === 0) continue;
    files.push({ path, before, after: text, edits: done, patches: [] });
    left = left.filter((edit) => !done.includes(edit));
  }
  const message = "no manifest of it was found in the repository";
  return { files, skipped: [...skipped, ...left.map(({ key }) => ({ object: objectKey(key), message }))] };
}

async function kustomized(
  editor: ManifestEditor,
  source: Source,
  of: { edits: readonly ObjectEdit[]; kustomization: Text; root: string; tree: SourceTree },
): Promise<FileChanges> {
  const { kustomization, root, tree } = of;
  const own = editor.namesOf(kustomization.text);
  const prefix = `${source.kustomize?.namePrefix ?? ""}${own.prefix}`;
  const suffix = `${own.suffix}${source.kustomize?.nameSuffix ?? ""}`;
  const skipped: Skipped[] = [];
  const files: FileChanges["files"] = [];
  const patches: string[] = [];
  for (const edit of of.edits) {
    const patch = editor.patchOf(edit, { prefix, suffix });
    if ("refused" in patch) {
      skipped.push({ object: objectKey(edit.key), message: patch.refused });
      continue;
    }
    const path = joinRepoPath(root, patch.file)!;
    const known = await tree.entry(path);
    const before = known?.type === "blob" ? new TextDecoder().decode(await tree.read(path)) : null;
    files.push({ path, before, after: patch.text, edits: [edit], patches: [] });
    patches.push(patch.file);
  }
  if (patches.length > 0) {
    const after = editor.withPatches(kustomization.text, patches);
    files.push({ path: kustomization.path, before: kustomization.text, after, edits: [], patches });
  }
  return { files, skipped };
}
