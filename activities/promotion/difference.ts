import type { ApplicationState } from "../../domain/application/state.ts";
import { type ComparedApplication, differenceOf } from "../../domain/promotion/difference.ts";
import { stageNamed } from "../../domain/promotion/targets.ts";
import type { Artifact, RawObject } from "../../schemas/artifact.ts";
import type { CommitsBetween, RenderedDifference } from "../../schemas/difference.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { ReleaseContent } from "../../schemas/promotion.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import { limited } from "../limited.ts";
import type { FindTargets, MovedTo, Moving, RenderDifference } from "./moving.ts";
import type { PlannedTarget } from "./targets.ts";

/** One target to be rendered. */
export interface RenderTarget {
  application: string;
  spec: ApplicationSpec;
  cluster: string;
  revision: string;
  /** The revision is a commit that nobody pushed: what is rendered of it is only looked at. */
  preview: boolean;
  signal: AbortSignal;
}

export interface DifferenceDeps {
  targets(input: Parameters<FindTargets>[0]): Promise<PlannedTarget[]>;
  /** The commit that a stage which goes by Git would get, made in the mirror and not pushed. */
  preview(input: Moving): Promise<MovedTo>;
  load(application: string): Promise<Pick<ApplicationState, "cluster" | "inPlace" | "deployed">>;
  place(spec: ApplicationSpec): Promise<{ cluster: { name: string } }>;
  /** Blob digest of the artifact. */
  render(target: RenderTarget): Promise<string>;
  blobs: { getJson<T>(digest: string): Promise<T>; putJson(value: unknown): Promise<string> };
  /** A stored object with keyed digests in place of its secret values. */
  shown(object: RawObject): RawObject;
  /** The release that a stage runs. */
  running(pipeline: string, stage: string): Promise<ReleaseView | undefined>;
  commitsBetween(
    repoURL: string,
    from: string,
    to: string,
  ): Promise<Pick<CommitsBetween, "direction" | "commits" | "more">>;
  /** sha256, hex. */
  digest(text: string): string;
}

const AT_ONCE = 4;
/** Rendering a whole stage for somebody to look at. */
const LIMIT_MS = 10 * 60_000;

/**
 * Renders every target of a promotion as it would be and compares that with what is stored of what is in the cluster: object by object,
 * secret values masked, with the commits in between. Stores it as a RenderedDifference.
 */
export function createDifference(deps: DifferenceDeps): RenderDifference {
  return async (input) => {
    const signal = input.signal ?? AbortSignal.timeout(LIMIT_MS);
    const { mode } = stageNamed(input.spec, input.stage).promotion;
    const at = mode === "pin" ? undefined : await deps.preview(input);
    const targets = await deps.targets({ ...input, signal, ...(at && { at }) });
    const compared = await limited(targets, AT_ONCE, (target) => compareTarget(deps, target, { at, signal }));
    const { applications, counts, digest } = differenceOf(compared, deps.digest);
    const running = await deps.running(input.pipeline, input.stage);
    const difference: RenderedDifference = {
      version: 1,
      pipeline: input.pipeline,
      stage: input.stage,
      release: input.release.release,
      ...(running && { from: running.release }),
      counts,
      applications,
      commits: await commitsOf(deps, running, input.release),
      contents: contentsOf(running?.content, input.release.content),
    };
    return { digest, blob: await deps.blobs.putJson(difference), counts };
  };
}

async function compareTarget(
  deps: DifferenceDeps,
  { application, wave, revision, sourceDigest, spec }: PlannedTarget,
  { at, signal }: { at: MovedTo | undefined; signal: AbortSignal },
): Promise<ComparedApplication> {
  const [state, place] = await Promise.all([deps.load(application), deps.place(spec)]);
  const cluster = place.cluster.name;
  const preview = at?.commit === revision;
  const desired = await deps.render({ application, spec, cluster, revision, preview, signal });
  // What was applied is what is there, whether or not it became healthy; on another cluster nothing is.
  const now = state.cluster === cluster ? (state.inPlace ?? state.deployed) : undefined;
  const [was, is] = await Promise.all([objectsOf(deps, now?.artifact), objectsOf(deps, desired)]);
  return { application, cluster, wave, from: now?.revision ?? null, to: revision, sourceDigest, was, is };
}

async function objectsOf({ blobs, shown }: DifferenceDeps, artifact: string | undefined): Promise<RawObject[]> {
  if (artifact === undefined) return [];
  return (await blobs.getJson<Artifact>(artifact)).objects.map(shown);
}

/** For each subscription that both releases carry a commit of: what lies between. One out of reach is said to be unknown. */
async function commitsOf(
  deps: Pick<DifferenceDeps, "commitsBetween">,
  running: ReleaseView | undefined,
  { content }: ReleaseView,
): Promise<CommitsBetween[]> {
  const found: CommitsBetween[] = [];
  for (const { subscription, repoURL, commit } of content.commits) {
    const before = running?.content.commits.find((one) => one.subscription === subscription && one.repoURL === repoURL);
    if (!before || before.commit === commit) continue;
    const named = { subscription, repoURL, from: before.commit, to: commit };
    const between = await deps
      .commitsBetween(repoURL, before.commit, commit)
      .catch(() => ({ direction: "unknown", commits: [] }) as const);
    found.push({ ...named, ...between, commits: [...between.commits] });
  }
  return found;
}

/** The images and charts that are others than before, by subscription. */
function contentsOf(was: ReleaseContent | undefined, is: ReleaseContent): RenderedDifference["contents"] {
  const [before, after] = [textsOf(was), textsOf(is)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((subscription) => {
    const [old, now] = [before.get(subscription), after.get(subscription)];
    if (old === now) return [];
    return [{ subscription, ...(old !== undefined && { was: old }), ...(now !== undefined && { is: now }) }];
  });
}

function textsOf(content: ReleaseContent | undefined): Map<string, string> {
  const { images = [], charts = [] } = content ?? {};
  return new Map([
    ...images.map(({ subscription, repository, tag, digest }): [string, string] => [
      subscription,
      `${repository}${tag === undefined ? "" : `:${tag}`}@${digest}`,
    ]),
    ...charts.map(({ subscription, repoURL, name, version }): [string, string] => [
      subscription,
      `${name ?? repoURL} ${version}`,
    ]),
  ]);
}
