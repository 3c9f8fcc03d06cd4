import { createHash } from "node:crypto";
import type { SourceTree } from "../../domain/source/tree.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import { collect, type Collected, type Tool } from "./collect.ts";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import type { RenderLimits } from "./limits.ts";

/** Digest of everything that rendering a source reads: paths with blob ids, the tool and its version, the source's options. */
export interface SourceDigest {
  digest: string;
  tool: Tool;
  /** Real paths of the files and symlinks that are read, sorted. */
  paths: string[];
}

/** What rendering a source reads, remembered. */
export interface Inputs {
  sourceDigest(input: { source: Source; tree: SourceTree }): Promise<SourceDigest>;
  collected(input: { source: Source; tree: SourceTree }): Promise<Collected>;
}

export interface InputsOptions {
  limits: RenderLimits;
  /** Versions of the tools; another version renders anew. */
  versions: { helm?: string; kustomize?: string };
  /** Told of each look-up: remembered or not. */
  onLookup?: (remembered: boolean) => void;
}

/** Sources remembered; one takes a few hundred bytes and its paths. */
const MOST_KEPT = 20_000;

interface Kept {
  collected: Collected;
  paths: string[];
  questions: readonly (readonly [path: string, answer: string | null])[];
  digest: SourceDigest;
}

/**
 * Remembers by source (its revision left out) what was asked of a tree and what the answers were. The same answers from
 * another commit make the same digest, so an unchanged source costs a few look-ups in trees that are parsed already.
 */
export function createInputs(options: InputsOptions): Inputs {
  const kept = new Map<string, Kept>();

  async function lookUp({ source, tree }: { source: Source; tree: SourceTree }): Promise<Kept> {
    const key = keyOf(source);
    const remember = tree.scope === undefined ? key : stringifyRaw([key, tree.scope]);
    const known = kept.get(remember);
    const remembered = known !== undefined && (await answersAreEqual(known, tree));
    options.onLookup?.(remembered);
    if (remembered) return known;
    const collected = await collect(source, tree, options.limits);
    const entry = entryOf(collected, key, options.versions);
    kept.delete(remember);
    kept.set(remember, entry);
    const oldest = kept.keys().next();
    if (kept.size > MOST_KEPT && !oldest.done) kept.delete(oldest.value);
    return entry;
  }

  return {
    sourceDigest: async (input) => (await lookUp(input)).digest,
    collected: async (input) => (await lookUp(input)).collected,
  };
}

/** The source without its revision. */
function keyOf({ path, directory, kustomize, helm, repoURL, submodules }: Source): string {
  const options = [directory ?? null, kustomize ?? null, helm ?? null];
  return stringifyRaw([repoURL, path, ...options, ...(submodules === true ? ["submodules"] : [])]);
}

async function answersAreEqual({ paths, questions }: Kept, tree: SourceTree): Promise<boolean> {
  const entries = await tree.entries(paths);
  return questions.every(([, answer], index) => {
    const entry = entries[index];
    if (entry === undefined || answer === null) return entry === undefined && answer === null;
    return answer === `${entry.mode} ${entry.oid}` || answer === entry.mode;
  });
}

function entryOf(collected: Collected, key: string, versions: InputsOptions["versions"]): Kept {
  const questions = [...collected.asked];
  const sorted = (map: ReadonlyMap<string, string>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const [files, links] = [sorted(collected.files), sorted(collected.links)];
  const version = collected.tool === "directory" ? "1" : (versions[collected.tool] ?? "");
  const text = JSON.stringify(["sluice-source-1", collected.tool, version, key, collected.root, files, links]);
  return {
    collected,
    questions,
    paths: questions.map(([path]) => path),
    digest: {
      digest: createHash("sha256").update(text).digest("hex"),
      tool: collected.tool,
      paths: [...files, ...links].map(([path]) => path).sort(),
    },
  };
}
