import { effectiveSource } from "../../domain/application/effective.ts";
import type { ApplicationState } from "../../domain/application/state.ts";
import { pinFor, pinnedCommit } from "../../domain/promotion/pin.ts";
import { placesIn, type Placed, type Selectable, stageNamed } from "../../domain/promotion/targets.ts";
import { addressOf } from "../../domain/routing/address.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { Pin } from "../../schemas/promotion.ts";
import { limited } from "../limited.ts";
import type { FindTargets, MovedTo, Moving, MovingTarget } from "./moving.ts";

/** A commit's tree: to be handed on and closed. */
interface Tree {
  revision: string;
  close(): void;
}

export interface TargetsDeps<SourceTree extends Tree> {
  /** Every application there is, as the ledger has it now. */
  applications(): Promise<Selectable[]>;
  /** One application; never from a read model. */
  load(application: string): Promise<Pick<ApplicationState, "configuration">>;
  mirrors: {
    resolve(repoURL: string, targetRevision: string, options: { readAfter: number }): Promise<{ revision: string }>;
    /** The branch that a target revision stands for; undefined for a tag, a commit or a range. */
    branchOf(repoURL: string, targetRevision: string): Promise<string | undefined>;
    ensure(repoURL: string, revision: string): Promise<SourceTree>;
  };
  sourceDigest(input: {
    source: Source;
    tree: SourceTree;
    project: string;
  }): Promise<{ digest: string; tool: "directory" | "kustomize" | "helm" }>;
  /** Milliseconds since 1970: what was read of a repository before this is not believed. */
  now(): number;
}

/** A target with the source that it is rendered from. */
export interface PlannedTarget extends MovingTarget {
  spec: ApplicationSpec;
}

const AT_ONCE = 8;

/** Finds the applications of a stage and what a release makes each of them run. */
export function createTargets<SourceTree extends Tree>(deps: TargetsDeps<SourceTree>): FindTargets {
  const plan = createPlanTargets(deps);
  return async (input) => (await plan(input)).map(withoutSpec);
}

function withoutSpec({ application, wave, revision, sourceDigest, pin }: PlannedTarget): MovingTarget {
  return { application, wave, revision, sourceDigest, ...(pin && { pin }) };
}

/** The same, with the effective specs beside them. */
export function createPlanTargets<SourceTree extends Tree>(
  deps: TargetsDeps<SourceTree>,
): (input: Parameters<FindTargets>[0]) => Promise<PlannedTarget[]> {
  return async (input) => {
    const places = placesIn(input.spec, input.stage, await deps.applications());
    const readAfter = deps.now() - 1;
    const branchOf = remembered(deps.mirrors.branchOf);
    const planned = await limited(places, AT_ONCE, (place) => planOne(deps, input, { place, readAfter, branchOf }));
    const { at } = input;
    if (at && !planned.some(({ follows }) => follows)) throw nobodyReads(input, at);
    return planned.map(({ target }) => target);
  };
}

type BranchOf = (repoURL: string, targetRevision: string) => Promise<string | undefined>;

interface One {
  place: Placed;
  readAfter: number;
  branchOf: BranchOf;
}

/** Asks once for each repository and target revision: it is a question to the remote, and a stage may have a thousand applications. */
function remembered(ask: BranchOf): BranchOf {
  const asked = new Map<string, Promise<string | undefined>>();
  return (repoURL, targetRevision) => {
    const key = JSON.stringify([repoURL, targetRevision]);
    const answer = asked.get(key) ?? ask(repoURL, targetRevision);
    asked.set(key, answer);
    return answer;
  };
}

async function planOne<SourceTree extends Tree>(
  deps: TargetsDeps<SourceTree>,
  input: Parameters<FindTargets>[0],
  { place, readAfter, branchOf }: One,
): Promise<{ target: PlannedTarget; follows: boolean }> {
  input.signal?.throwIfAborted();
  const { configuration } = await deps.load(place.application);
  if (!configuration) {
    throw new SluiceError("NotFound", `Application ${place.application} of stage ${input.stage} is gone`, {
      next: "promote again: the stage is read anew",
    });
  }
  const { spec } = configuration;
  const { promotion: method } = stageNamed(input.spec, input.stage);
  const follows =
    input.at !== undefined &&
    (await readsBranch(branchOf, spec.source, { ...input.at, branch: followed(input, input.at) }));
  const pinned =
    method.mode === "pin" ? pinnedCommit(input.release, method, { ...place, source: spec.source }) : undefined;
  const commit = follows ? input.at?.commit : pinned;
  const { repoURL, targetRevision } = spec.source;
  const revision = commit ?? (await deps.mirrors.resolve(repoURL, targetRevision, { readAfter })).revision;
  const tree = await deps.mirrors.ensure(repoURL, revision);
  try {
    const read = { tree, project: spec.project };
    const own = await deps.sourceDigest({ ...read, source: spec.source });
    if (method.mode !== "pin") {
      return { follows, target: { ...place, revision, sourceDigest: own.digest, spec } };
    }
    const pin = pinIn(input, { application: place.application, source: spec.source, tool: own.tool });
    const source = effectiveSource(spec.source, pin);
    const { digest: sourceDigest } = await deps.sourceDigest({ ...read, source });
    return { follows, target: { ...place, revision, sourceDigest, pin, spec: { ...spec, source } } };
  } finally {
    tree.close();
  }
}

function pinIn({ pipeline, spec, stage, promotion, release }: Moving, target: Parameters<typeof pinFor>[3]): Pin {
  const by = { pipeline, stage, promotion, release: release.release };
  return pinFor(release, stageNamed(spec, stage).promotion, by, target);
}

/** Whether an application follows the branch that was committed to. */
async function readsBranch(branchOf: BranchOf, { repoURL, targetRevision }: Source, at: MovedTo): Promise<boolean> {
  if ((addressOf(repoURL) ?? repoURL) !== (addressOf(at.repoURL) ?? at.repoURL)) return false;
  return (await branchOf(repoURL, targetRevision)) === at.branch;
}

/** The branch that the applications follow: of a pull request it is the one that it is merged into. */
const followed = ({ spec, stage }: Pick<Moving, "spec" | "stage">, { branch }: MovedTo): string =>
  stageNamed(spec, stage).promotion.commit?.branch ?? branch;

const nobodyReads = (input: Pick<Moving, "spec" | "stage">, at: MovedTo): SluiceError =>
  new SluiceError(
    "InvalidInput",
    `No application of stage ${input.stage} follows the branch ${followed(input, at)} of ${at.repoURL}`,
    { next: "commit to the branch that its applications have as targetRevision" },
  );
