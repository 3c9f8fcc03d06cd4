import { isFullRef } from "../../domain/routing/ref.ts";
import type { Candidate } from "../../domain/routing/routes.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import { mapBounded } from "./bounded.ts";
import type { MirrorsPort, SourceDigest, TreePort } from "./ports.ts";

export interface SourcesDeps<Tree extends TreePort> {
  mirrors: MirrorsPort<Tree>;
  sourceDigest: SourceDigest<Tree>;
  specOf(application: string): ApplicationSpec | undefined;
}

/** What a candidate's source comes to now: its commit and digest, or why it comes to nothing, as a digest that stays the same. */
export interface Found {
  application: string;
  /** Absent when the targetRevision names nothing (any more). */
  revision?: string;
  sourceDigest: string;
}

/** What the candidates of one push come to, and the commit of every targetRevision that was resolved for it. */
export interface Sources {
  found: Found[];
  resolved: Record<string, string | null>;
  /** Set when no candidate could be read, for a reason that waiting does not mend. */
  refused?: SluiceError;
}

/** Digests at once: reading trees is work for this process and the disk. */
const DIGESTS_AT_ONCE = 8;

/**
 * Resolves each targetRevision of the candidates once, and digests what each candidate's rendering would read at its commit. Throws
 * what may pass (SourceUnavailable, Timeout); what does not is part of the result.
 */
export async function readSources<Tree extends TreePort>(
  deps: SourcesDeps<Tree>,
  ref: string,
  candidates: readonly Candidate[],
): Promise<Sources> {
  const result: Sources = { found: [], resolved: {} };
  for (const [repoURL, here] of grouped(candidates, ({ repoURL }) => repoURL)) {
    try {
      await readAddress(deps, { repoURL, ref, candidates: here }, result);
    } catch (thrown) {
      const error = toSluiceError(thrown);
      if (error.retryable) throw error;
      result.refused = error;
    }
  }
  if (result.found.length > 0) delete result.refused;
  return result;
}

async function readAddress<Tree extends TreePort>(
  deps: SourcesDeps<Tree>,
  asked: { repoURL: string; ref: string; candidates: readonly Candidate[] },
  result: Sources,
): Promise<void> {
  const revisions = await resolveAll(deps.mirrors, asked);
  for (const [target, revision] of revisions) result.resolved[target] = revision;
  const gone = asked.candidates.filter(({ targetRevision }) => revisions.get(targetRevision) === null);
  result.found.push(...gone.map(({ name }) => ({ application: name, sourceDigest: "none:RevisionNotFound" })));
  const present = asked.candidates.filter(({ targetRevision }) => typeof revisions.get(targetRevision) === "string");
  for (const [revision, here] of grouped(present, ({ targetRevision }) => revisions.get(targetRevision) as string)) {
    const tree = await deps.mirrors.ensure(asked.repoURL, revision);
    try {
      const found = await mapBounded(DIGESTS_AT_ONCE, here, ({ name }) => digestOf(deps, name, tree));
      result.found.push(...found.filter((each) => each !== undefined));
    } finally {
      await tree.close();
    }
  }
}

/** The commit of each targetRevision, null for one that names nothing; after the first reading none asks the remote again. */
async function resolveAll<Tree extends TreePort>(
  mirrors: MirrorsPort<Tree>,
  { repoURL, ref, candidates }: { repoURL: string; ref: string; candidates: readonly Candidate[] },
): Promise<Map<string, string | null>> {
  const readAfter = Date.now() - 1;
  // One fetch brings both the ref and its objects, where a look at all refs first would be a second way to go.
  if (isFullRef(ref)) await orGone(mirrors.fetchRef(repoURL, ref));
  const revisions = new Map<string, string | null>();
  for (const target of new Set(candidates.map(({ targetRevision }) => targetRevision))) {
    const resolved = await orGone(mirrors.resolve(repoURL, target, { readAfter }));
    revisions.set(target, resolved?.revision ?? null);
  }
  return revisions;
}

async function orGone<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof SluiceError && thrown.code === "RevisionNotFound") return undefined;
    throw thrown;
  }
}

/** A source that cannot be digested is a finding of its own: the operation that follows will say what is wrong, once. */
async function digestOf<Tree extends TreePort>(
  deps: SourcesDeps<Tree>,
  application: string,
  tree: Tree,
): Promise<Found | undefined> {
  const spec = deps.specOf(application);
  if (spec === undefined) return undefined;
  const { revision } = tree;
  try {
    const { digest } = await deps.sourceDigest({ source: spec.source, tree, project: spec.project });
    return { application, revision, sourceDigest: digest };
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.retryable) throw error;
    return { application, revision, sourceDigest: `none:${error.code}` };
  }
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
