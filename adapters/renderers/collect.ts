import { matchGlob } from "../../domain/source/glob.ts";
import { KUSTOMIZATION_FILES } from "../../domain/source/kustomization.ts";
import { joinRepoPath, refusedRepoPath } from "../../domain/source/repo-path.ts";
import type { SourceTree } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { DirectorySource, Source } from "../../schemas/kinds/source.ts";
import { collectHelm } from "./collect-helm.ts";
import { collectKustomize } from "./collect-kustomize.ts";
import type { RenderLimits } from "./limits.ts";
import { SourceReader, type Place } from "./source-reader.ts";

export type Tool = "directory" | "kustomize" | "helm";

/** Everything that rendering a source reads, by content. */
export interface Collected {
  tool: Tool;
  /** Real path of the source's directory. */
  root: string;
  /** Blob ids by real path, and where symlinks lead. */
  files: ReadonlyMap<string, string>;
  links: ReadonlyMap<string, string>;
  /** Every path that was asked for, with the entry found there: equal answers make an equal collection. */
  asked: ReadonlyMap<string, string | null>;
  /** Directory: the manifests in order. */
  manifests: { path: string; oid: string }[];
  /** Helm: real paths of the value files in order. */
  valueFiles: string[];
}

/** What one tool adds to the files that its reader keeps. */
export interface Picked {
  manifests?: { path: string; oid: string }[];
  valueFiles?: string[];
}

/** Finds out what rendering a source reads, without running anything. Throws `SourceRefused`, `RenderFailed`, `RenderLimit`. */
export async function collect(source: Source, tree: SourceTree, limits: RenderLimits): Promise<Collected> {
  const reader = new SourceReader(tree, limits);
  const root = await rootOf(source, reader);
  const tool = await toolOf(source, root.path, reader);
  const picked = await PICK[tool](source, root, { reader, limits });
  return {
    tool,
    root: root.path,
    files: reader.files,
    links: reader.links,
    asked: reader.asked,
    manifests: picked.manifests ?? [],
    valueFiles: picked.valueFiles ?? [],
  };
}

const PICK = { directory: collectDirectory, kustomize: collectKustomize, helm: collectHelm } as const;

async function rootOf(source: Source, reader: SourceReader): Promise<Place> {
  const refused = refusedRepoPath(source.path);
  if (refused) {
    throw new SluiceError("SourceRefused", `The path ${JSON.stringify(source.path)} is refused: ${refused}.`, {
      next: "give the path of a directory of the repository, relative to its root",
      problems: [{ path: "spec.source.path", message: refused }],
    });
  }
  const place = await reader.follow(joinRepoPath("", source.path) ?? "");
  if (place?.entry.type === "tree") return place;
  const what = place ? "is a file, not a directory" : "does not exist";
  throw new SluiceError("RenderFailed", `The path ${source.path} ${what} in the repository at this revision.`, {
    next: "correct spec.source.path, or the revision",
    problems: [{ path: "spec.source.path", message: `${source.path} ${what}` }],
  });
}

/**
 * Which tool renders a directory: the one whose block is given, else by what is in it, as Argo CD does. With both a chart and a
 * kustomization Argo CD takes kustomize, and so does this.
 */
async function toolOf(source: Source, root: string, reader: SourceReader): Promise<Tool> {
  if (source.helm) return "helm";
  if (source.kustomize) return "kustomize";
  if (source.directory) return "directory";
  for (const name of KUSTOMIZATION_FILES) {
    const place = await reader.follow(joinRepoPath(root, name)!);
    if (place?.entry.type === "blob") return "kustomize";
  }
  const chart = await reader.follow(joinRepoPath(root, "Chart.yaml")!);
  return chart?.entry.type === "blob" ? "helm" : "directory";
}

const MANIFEST = /\.(?:ya?ml|json)$/;

async function collectDirectory(
  source: Source,
  root: Place,
  { reader }: { reader: SourceReader; limits: RenderLimits },
): Promise<Picked> {
  const options: DirectorySource = source.directory ?? {};
  const prefix = root.path === "" ? 0 : root.path.length + 1;
  const wanted = (path: string): boolean => {
    const relative = path.slice(prefix);
    if (!MANIFEST.test(relative)) return false;
    if (options.exclude && matchGlob(options.exclude, relative)) return false;
    return options.include ? matchGlob(options.include, relative) : true;
  };
  const found = await reader.directory(root.path, { recursive: options.recurse === true, wanted });
  return { manifests: found.map(({ path, place }) => ({ path, oid: place.entry.oid })) };
}
