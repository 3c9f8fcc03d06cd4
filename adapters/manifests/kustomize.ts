import { isDeepStrictEqual } from "node:util";
import { isSeq, parseDocument, stringify } from "yaml";
import type { FieldChange, ObjectEdit } from "../../domain/break-glass/difference.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** A strategic merge patch of one object, and the file it goes to. */
export interface KustomizePatch {
  file: string;
  text: string;
}

/** Why an object's difference can't be a patch of a kustomization. */
export interface NoPatch {
  refused: string;
}

/** Kinds of the control plane itself: of theirs the tools know by which key the items of a list are merged. */
const MERGED_BY_KEY =
  /^(?:|apps|batch|autoscaling|policy|networking\.k8s\.io|rbac\.authorization\.k8s\.io|storage\.k8s\.io)$/;
/** What kustomize hangs on the name of a generated ConfigMap or Secret. */
const GENERATED = /-[bcdfghkmt2456789]{10}$/;

/** The patch that makes of an object what it is in the cluster, by the name that it has in the kustomization. */
export function patchOf(edit: ObjectEdit, names: { prefix: string; suffix: string }): KustomizePatch | NoPatch {
  const { key, apiVersion, removed, changes } = edit;
  if ((key.kind === "ConfigMap" || key.kind === "Secret") && GENERATED.test(key.name)) {
    return { refused: "it is made by a generator of the kustomization: change what the generator reads" };
  }
  const lists = changes.some(({ path }) => path.some((element) => !element.startsWith("f:")));
  if (lists && !MERGED_BY_KEY.test(key.group)) {
    return { refused: "an item of a list in a custom resource can't be patched by its key" };
  }
  const name = originalName(key.name, names);
  const patch: Record<string, unknown> = { apiVersion, kind: key.kind, metadata: { name } };
  if (removed) patch["$patch"] = "delete";
  for (const change of changes) put(patch, change);
  const file = `break-glass-${key.kind.toLowerCase()}-${name}.yaml`;
  return { file, text: stringify(patch, { lineWidth: 0 }) };
}

function originalName(name: string, { prefix, suffix }: { prefix: string; suffix: string }): string {
  const from = prefix !== "" && name.startsWith(prefix) ? prefix.length : 0;
  const to = suffix !== "" && name.endsWith(suffix) ? name.length - suffix.length : name.length;
  return name.slice(from, to);
}

type Fields = Record<string, unknown>;

function put(patch: Fields, { path, value }: FieldChange): void {
  let at: Fields = patch;
  path.forEach((element, index) => {
    const isLast = index === path.length - 1;
    const next = path[index + 1];
    if (element.startsWith("f:")) {
      const name = element.slice(2);
      if (isLast) at[name] = value ?? null;
      else if (next !== undefined && !next.startsWith("f:")) at[name] ??= [];
      else at = (at[name] ??= {}) as Fields;
      if (isLast || next === undefined || next.startsWith("f:")) return;
      at = item(at[name] as unknown[], next, index + 2 === path.length ? { value } : undefined);
    }
  });
}

/** The item of a list that a path element names, made where there is none; as a whole where it is what changes. */
function item(list: unknown[], element: string, whole: { value?: unknown } | undefined): Fields {
  const keys: unknown = JSON.parse(element.slice(2));
  if (!element.startsWith("k:")) {
    if (whole?.value !== undefined) list.push(whole.value);
    return {};
  }
  const fields = keys as Fields;
  const known = list.find((one) => Object.entries(fields).every(([name, value]) => (one as Fields)[name] === value));
  const found = (known ?? { ...fields }) as Fields;
  if (!known) list.push(found);
  if (whole) Object.assign(found, whole.value === undefined ? { $patch: "delete" } : (whole.value as Fields));
  return found;
}

/** A kustomization that names patches as well, comments and order kept; those it names already are not named twice. */
export function withPatches(kustomization: string, files: readonly string[]): string {
  const document = parseDocument(kustomization);
  const patches: unknown = document.get("patches", true);
  const known = isSeq(patches) ? (patches.toJSON() as { path?: string }[]).map((patch) => patch?.path) : [];
  for (const path of files.filter((file) => !known.includes(file))) {
    const node = document.createNode({ path });
    if (isSeq(document.get("patches", true))) document.addIn(["patches"], node);
    else document.set("patches", document.createNode([{ path }]));
  }
  const text = document.toString({ lineWidth: 0 });
  if (namesExactly(text, kustomization, files)) return text;
  throw new SluiceError(
    "InvalidInput",
    "the kustomization's patches can't be added to without changing something else",
    {
      next: "write them there as a plain list, without anchors and aliases, or put the difference into Git by hand",
    },
  );
}

/** Whether a kustomization says what it said before, and names the patches as well. */
function namesExactly(text: string, before: string, files: readonly string[]): boolean {
  const { patches: old, ...rest } = (parseDocument(before).toJS() ?? {}) as { patches?: unknown };
  const { patches, ...others } = parseDocument(text).toJS() as { patches?: unknown };
  const kept: unknown[] = Array.isArray(old) ? old : [];
  const named = kept.map((patch) => (patch as { path?: string } | null)?.path);
  const added = files.filter((file) => !named.includes(file)).map((path) => ({ path }));
  return isDeepStrictEqual(others, rest) && isDeepStrictEqual(patches, [...kept, ...added]);
}

/** What a kustomization puts before and after every name. */
export function namesOf(kustomization: string): { prefix: string; suffix: string } {
  const document = parseDocument(kustomization);
  const text = (name: string): string => {
    const value: unknown = document.get(name);
    return typeof value === "string" ? value : "";
  };
  return { prefix: text("namePrefix"), suffix: text("nameSuffix") };
}
