import { stageNamed } from "../../domain/promotion/targets.ts";
import type { SourceTree } from "../../domain/source/tree.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { CommitMethod } from "../../schemas/kinds/promotion-method.ts";
import type { ReleasedCommit } from "../../schemas/promotion.ts";
import type { FileChange } from "./edited-files.ts";
import { editedFiles, type ReleaseEditor } from "./edits.ts";
import type { CommitRelease, MovedTo, Moving } from "./moving.ts";

/** What committing asks of a repository. */
export interface CommitPush {
  repoURL: string;
  branch: string;
  /** Branch that it begins at when there is none of its name yet. */
  base?: string;
  /** The branch is not made where nothing changes. */
  onlyWithChanges?: boolean;
  /** What is changed on top of the branch as it is then. */
  changes(head: SourceTree): Promise<ReadonlyMap<string, FileChange>>;
  message: string;
  author: { name: string; email: string };
  at: string;
  /** Stands in the commit as a trailer: a branch that has it gets no second one. */
  operation: string;
  sign?: (payload: Uint8Array) => string;
}

export interface CommitDeps {
  commits: {
    push(request: CommitPush): Promise<{ commit: string; branch: string; result: "pushed" | "already" | "unchanged" }>;
    /** The commit that a push would make, made in the mirror only. */
    preview(request: CommitPush): Promise<string>;
  };
  editor: ReleaseEditor;
  /** A commit as a tree. */
  ensure(repoURL: string, commit: string): Promise<SourceTree>;
  /** Why a project may not use a repository; undefined when it may. */
  refusal(project: string, repoURL: string): Promise<string | undefined>;
  /** What signs with a key of this name. Throws NotFound. */
  signer(key: string): Promise<(payload: Uint8Array) => string>;
}

/** How a release comes into a stage by Git: the commit, and what it would be. */
export function createCommitRelease(deps: CommitDeps): {
  commitRelease: CommitRelease;
  preview(input: Moving): Promise<MovedTo>;
} {
  return {
    async commitRelease(input) {
      const request = await requestOf(deps, input, input);
      const { signingKey } = methodOf(input);
      const sign = signingKey === undefined ? undefined : await deps.signer(signingKey);
      const { commit, branch, result } = await pushed(deps, { ...request, ...(sign && { sign }) });
      const signed = sign !== undefined && result === "pushed";
      return { repoURL: request.repoURL, branch, commit, result, ...(signed && { signed }) };
    },
    async preview(input) {
      const { repoURL, branch } = methodOf(input);
      const request = await requestOf(deps, input, PREVIEWED);
      const commit = await deps.commits.preview({ ...request, branch });
      return { repoURL, branch, commit };
    },
  };
}

/** Of a commit that nobody sees. */
const PREVIEWED = { actor: { kind: "system", name: "Sluice" }, requestedAt: "1970-01-01T00:00:00Z" } as const;

/** Branch of a promotion's pull request. */
export const pullRequestBranch = ({
  pipeline,
  stage,
  promotion,
}: Pick<Moving, "pipeline" | "stage" | "promotion">): string => `sluice/${pipeline}/${stage}/${promotion}`;

function methodOf({ spec, stage }: Moving): CommitMethod {
  const { mode, commit } = stageNamed(spec, stage).promotion;
  if (mode !== "pin" && commit) return commit;
  throw new SluiceError("InvalidInput", `Stage ${stage} has promotion.mode ${mode}, which makes no commit`, {
    next: "set promotion.mode to commit or pullRequest, with promotion.commit",
  });
}

async function requestOf(
  deps: CommitDeps,
  input: Moving,
  { actor, requestedAt }: Pick<Parameters<CommitRelease>[0], "actor" | "requestedAt">,
): Promise<CommitPush> {
  const method = methodOf(input);
  const { repoURL, branch, edits, author } = method;
  await checkAllowed(deps, input.spec.project, repoURL);
  const isPullRequest = stageNamed(input.spec, input.stage).promotion.mode === "pullRequest";
  const source = async (commit: ReleasedCommit): Promise<SourceTree> => {
    await checkAllowed(deps, input.spec.project, commit.repoURL);
    return await deps.ensure(commit.repoURL, commit.commit);
  };
  return {
    repoURL,
    ...(isPullRequest ? { branch: pullRequestBranch(input), base: branch, onlyWithChanges: true } : { branch }),
    changes: (tree) => editedFiles({ editor: deps.editor, release: input.release, edits, tree, repoURL, source }),
    message: messageOf(input, method.message),
    author: author ?? { name: actor.name, email: "sluice@sluice.dev" },
    at: requestedAt,
    operation: input.promotion,
  };
}

async function checkAllowed(deps: Pick<CommitDeps, "refusal">, project: string, repoURL: string): Promise<void> {
  const refused = await deps.refusal(project, repoURL);
  if (refused === undefined) return;
  throw new SluiceError("Forbidden", refused, { next: `add it to sourceRepos of Project ${project}` });
}

/** A branch that never rests is no wrong input: it is tried again. */
async function pushed({ commits }: CommitDeps, request: CommitPush): ReturnType<CommitDeps["commits"]["push"]> {
  try {
    return await commits.push(request);
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.code !== "Conflict") throw thrown;
    throw new SluiceError("SourceUnavailable", error.message, { next: "nothing; it is tried again", cause: error });
  }
}

const DEFAULT_MESSAGE = "Promote {alias} to {pipeline}/{stage}";

/** The message of a promotion's commit, and what the release carries where none is configured. */
export function messageOf({ pipeline, stage, promotion, release }: Moving, template: string | undefined): string {
  const { alias, content } = release;
  const words: Record<string, string> = { pipeline, stage, promotion, release: release.release, alias };
  const filled = (template ?? DEFAULT_MESSAGE).replaceAll(/\{(\w+)\}/g, (text, word: string) =>
    Object.hasOwn(words, word) ? words[word]! : text,
  );
  if (template !== undefined) return filled;
  const carried = [
    ...content.images.map(({ subscription, repository, tag, digest }) => [
      subscription,
      `${repository}${tag === undefined ? "" : `:${tag}`}@${digest}`,
    ]),
    ...content.commits.map(({ subscription, repoURL, commit }) => [subscription, `${repoURL} ${commit}`]),
    ...content.charts.map(({ subscription, repoURL, name, version }) => [
      subscription,
      `${name ?? repoURL} ${version}`,
    ]),
  ].map(([subscription, what]) => `- ${subscription} ${what}`);
  return [filled, "", `Release ${release.release}`, ...carried].join("\n");
}
