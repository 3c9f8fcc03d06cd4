import { chartOf, commitOf, imageOf, type NamedRelease, releaseText } from "../../domain/promotion/release-value.ts";
import { KUSTOMIZATION_FILES } from "../../domain/source/kustomization.ts";
import { joinRepoPath, refusedRepoPath } from "../../domain/source/repo-path.ts";
import type { SourceTree } from "../../domain/source/tree.ts";
import { type Problem, SluiceError } from "../../schemas/errors.ts";
import type { GitEdit } from "../../schemas/kinds/promotion-method.ts";
import type { ReleasedCommit } from "../../schemas/promotion.ts";
import { copyFiles } from "./copy.ts";
import { type Files, openFiles, Refused } from "./edited-files.ts";

/** A text after an edit, or why it can't be made, with the line where that is known. */
export type Edited = { text: string } | { refused: string; line?: number };

/** Edits files of YAML so that comments and order stay; the service plugs it in. */
export interface ReleaseEditor {
  setValue(text: string, edit: { key: string; document?: number; value: string }): Edited;
  setImages(
    text: string,
    images: readonly { name: string; repository: string; digest?: string; tag?: string }[],
  ): Edited;
  setDependency(text: string, dependency: { name: string; version: string }): Edited;
}

export interface EditWork {
  editor: ReleaseEditor;
  release: NamedRelease;
  edits: readonly GitEdit[];
  /** What the edits are made on. */
  tree: SourceTree;
  /** Address of the repository that the tree is of: what it has already is not read again. */
  repoURL: string;
  /** A commit that the release carries, as a tree. */
  source(commit: ReleasedCommit): Promise<SourceTree>;
}

/**
 * The files that a release's edits change, by path. Throws InvalidInput with every file and place that can't be edited, and for values
 * that the release has not.
 */
export async function editedFiles(work: EditWork): Promise<Files["changes"]> {
  const files = openFiles(work.tree);
  const problems: Problem[] = [];
  for (const [index, edit] of work.edits.entries()) {
    try {
      await makeEdit(work, files, edit);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems.push({ ...error.problem, path: `edits[${index}].${kindOf(edit)}` });
    }
  }
  if (problems.length === 0) return files.changes;
  const [first] = problems;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  const line = first!.line === undefined ? "" : `:${first!.line}`;
  throw new SluiceError("InvalidInput", `${first!.file}${line} can't be edited: ${first!.message}${more}`, {
    next: "correct the file in the repository, or the edits of the stage",
    problems,
  });
}

const kindOf = ({ yaml, kustomize, helm }: GitEdit): string =>
  yaml ? "yaml" : kustomize ? "kustomize" : helm ? "helm" : "copy";

async function makeEdit(work: EditWork, files: Files, { yaml, kustomize, helm, copy }: GitEdit): Promise<void> {
  const { editor, release } = work;
  if (yaml) {
    const { path, key, document, value } = yaml;
    const set = { key, document, value: releaseText(release, value) };
    return await change(files, path, (text) => editor.setValue(text, set));
  }
  if (kustomize) return await setKustomizeImages(work, files, kustomize);
  if (helm) return await setHelm(work, files, helm);
  if (copy) await copyFiles(work, files, { ...copy, commit: commitOf(release, copy.git) });
}

async function setKustomizeImages(
  { editor, release, tree }: EditWork,
  files: Files,
  { path, images }: NonNullable<GitEdit["kustomize"]>,
): Promise<void> {
  const directory = inside(path);
  const names = KUSTOMIZATION_FILES.map((name) => joinRepoPath(directory, name)!);
  const found = await tree.entries(names);
  const file = names.find((name, index) => files.changes.has(name) || found[index]?.type === "blob");
  if (file === undefined) throw new Refused(path, "there is no kustomization in it");
  const wanted = images.map(({ name, image, digest }) => {
    const { repository, tag, digest: found } = imageOf(release, image);
    const named = { name: name ?? repository, repository };
    if (digest || tag === undefined) return { ...named, digest: found };
    return { ...named, tag };
  });
  await change(files, file, (text) => editor.setImages(text, wanted));
}

async function setHelm(
  { editor, release }: EditWork,
  files: Files,
  { path, values = [], dependencies = [] }: NonNullable<GitEdit["helm"]>,
): Promise<void> {
  for (const { key, value } of values) {
    await change(files, path, (text) => editor.setValue(text, { key, value: releaseText(release, value) }));
  }
  if (dependencies.length === 0) return;
  const chart = /(?:^|\/)Chart\.yaml$/.test(path) ? path : (joinRepoPath(inside(path), "Chart.yaml") ?? path);
  for (const { name, chart: subscription } of dependencies) {
    const { version } = chartOf(release, subscription);
    await change(files, chart, (text) => editor.setDependency(text, { name, version }));
  }
}

async function change(files: Files, path: string, edit: (text: string) => Edited): Promise<void> {
  const file = inside(path);
  const edited = edit(await files.read(file));
  if ("refused" in edited) throw new Refused(file, edited.refused, edited.line);
  await files.write(file, edited.text);
}

function inside(path: string): string {
  const refused = refusedRepoPath(path);
  if (refused !== undefined) throw new Refused(path, refused);
  return joinRepoPath("", path)!;
}
