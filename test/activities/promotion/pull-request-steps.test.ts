import { describe, expect, it } from "vitest";
import { createPullRequestSteps } from "../../../activities/promotion/pull-request-steps.ts";
import type { PullRequest, PullRequests } from "../../../activities/promotion/pull-request.ts";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { initialPipeline, type PipelineState, type PromotionState } from "../../../domain/promotion/state.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";

const REPO = "https://github.com/acme/deploy";
const KEY = { pipeline: "shop", promotion: "prod-1" };
const HEAD = "a".repeat(40);
const MERGE = "b".repeat(40);
const found = (more: Partial<PullRequest> = {}): PullRequest => ({
  ...{ provider: "github", number: 7, url: `${REPO}/pull/7`, state: "Open", head: HEAD, branch: "x", base: "main" },
  ...more,
});

function world(method: object, at: Partial<PullRequests>, pullRequest: object | null = {}) {
  const spec = PipelineSpec.parse({
    releaseSource: "shop",
    stages: [
      {
        ...{ name: "prod", applications: { names: ["*"] } },
        promotion: {
          ...{ mode: "pullRequest", pullRequest: method },
          commit: { repoURL: REPO, edits: [{ copy: { git: "a", from: "a", to: "b" } }] },
        },
      },
    ],
  });
  const opened = {
    provider: "github",
    repoURL: REPO,
    number: 7,
    url: `${REPO}/pull/7`,
    branch: "x",
    head: HEAD,
    state: "Open",
  };
  const promotion = {
    ...{ promotion: "prod-1", stage: "prod", release: "r1", phase: "Moving", mode: "pullRequest" },
    ...(pullRequest && { pullRequest: { ...opened, ...pullRequest } }),
  } as unknown as PromotionState;
  const state: PipelineState = {
    ...initialPipeline,
    configuration: { spec, labels: {}, annotations: {} },
    promotions: { "prod-1": promotion },
  };
  const recorded: PipelineCommand[] = [];
  const asked: string[] = [];
  const complaints: string[] = [];
  const said = <Value>(name: string, value: Value): Value => {
    asked.push(name);
    return value;
  };
  const pullRequests: PullRequests = {
    open: async (input) => ({ ...said("open", found({ branch: input.branch })), complaints: ["nobody is no user"] }),
    get: async () => said("get", found()),
    merge: async () => said("merge", { merged: false as const, why: "build is missing" }),
    close: async () => said("close", found({ state: "Closed" })),
    deleteBranch: async () => void said("deleteBranch", 0),
    comment: async () => ({}),
    commitStatus: async () => undefined,
    ...at,
  };
  const steps = createPullRequestSteps({
    pullRequests,
    pipelines: { load: async () => state, execute: async (_, command) => (recorded.push(command), []) },
    findRelease: async () =>
      ({ release: "r1", alias: "otter", content: { commits: [], images: [], charts: [] }, commits: [] }) as never,
    ...{ now: () => "2026-01-01T00:00:00Z", unique: () => "u", recorded: () => undefined },
    complain: (_, text) => void complaints.push(text),
  });
  return { steps, recorded, asked, complaints };
}

const gone = async (): Promise<never> => {
  throw new SluiceError("NotFound", "there is no such pull request");
};
const refused = async (): Promise<never> => {
  throw new SluiceError("SourceForbidden", "the branch is protected");
};

describe("opening", () => {
  const input = { ...KEY, repoURL: REPO, branch: "x", base: "main", head: HEAD, alias: "otter" };

  it("records what was pushed as the head, and logs what was not done beside it", async () => {
    const { steps, recorded, complaints } = world(
      {},
      { open: async () => ({ ...found({ head: "c".repeat(40) }), complaints: ["no ada"] }) },
      null,
    );
    expect(await steps.openPullRequest(input)).toEqual({ number: 7, url: `${REPO}/pull/7` });
    expect(recorded).toEqual([
      expect.objectContaining({ type: "RecordPullRequest", head: HEAD, branch: "x", number: 7 }),
    ]);
    expect(complaints).toEqual(["no ada"]);
  });

  it("asks nobody when it is recorded already", async () => {
    const { steps, recorded, asked } = world({}, {});
    expect(await steps.openPullRequest(input)).toMatchObject({ number: 7 });
    expect([recorded, asked]).toEqual([[], []]);
  });
});

describe("following", () => {
  it("leaves an open one alone, and one that is settled unasked", async () => {
    const open = world({}, {});
    expect(await open.steps.followPullRequest(KEY)).toEqual({ state: "Open" });
    expect(open.asked).toEqual(["get"]);
    expect(open.recorded).toEqual([]);
    const settled = world({}, {}, { state: "Merged", mergeCommit: MERGE });
    expect(await settled.steps.followPullRequest(KEY)).toEqual({ state: "Merged", commit: MERGE });
    expect(settled.asked).toEqual([]);
  });

  it("deletes the branch, then records the merge; a branch that stays fails nothing", async () => {
    const get = async () => found({ state: "Merged", mergeCommit: MERGE, by: "grace" });
    const { steps, recorded, asked } = world({}, { get });
    expect(await steps.followPullRequest(KEY)).toEqual({ state: "Merged", commit: MERGE });
    expect(asked).toEqual(["deleteBranch"]);
    expect(recorded).toEqual([expect.objectContaining({ type: "RecordMerge", commit: MERGE, by: "grace", number: 7 })]);
    const kept = world({ deleteBranch: false }, { get });
    await kept.steps.followPullRequest(KEY);
    expect(kept.asked).toEqual([]);
    const stuck = world({}, { get, deleteBranch: refused });
    await stuck.steps.followPullRequest(KEY);
    expect(stuck.recorded).toHaveLength(1);
    expect(stuck.complaints).toEqual(["the branch is protected"]);
  });

  it("says what a merge by policy waits for, and tries none where the policy asks for none", async () => {
    const { steps, asked, recorded } = world({ merge: true }, {});
    expect(await steps.followPullRequest(KEY)).toEqual({ state: "Open", waitsFor: "build is missing" });
    expect(asked).toEqual(["get", "merge"]);
    expect(recorded).toEqual([]);
  });

  it("takes no merge into another branch, and merges nothing into one", async () => {
    const other = { base: "unprotected" };
    const merged = world({}, { get: async () => found({ ...other, state: "Merged", mergeCommit: MERGE }) });
    expect(await merged.steps.followPullRequest(KEY)).toEqual({ state: "Closed" });
    expect(merged.recorded).toEqual([expect.objectContaining({ type: "RecordPullRequestClosed", reason: "Closed" })]);
    const open = world({ merge: true }, { get: async () => found(other) });
    expect(await open.steps.followPullRequest(KEY)).toMatchObject({
      state: "Open",
      waitsFor: expect.stringContaining("unprotected"),
    });
    expect(open.asked).toEqual([]);
  });

  it("does not take one that can't be seen for closed: a token may have lost its right", async () => {
    const { steps, recorded } = world({}, { get: gone });
    await expect(steps.followPullRequest(KEY)).rejects.toMatchObject({ code: "NotFound" });
    expect(recorded).toEqual([]);
  });
});

describe("closing", () => {
  const close = { ...KEY, reason: "Superseded" as const };

  it("records why, and nothing for one that is settled", async () => {
    const { steps, recorded, asked } = world({}, {});
    await steps.closePullRequest(close);
    expect(asked).toEqual(["close", "deleteBranch"]);
    expect(recorded).toEqual([expect.objectContaining({ type: "RecordPullRequestClosed", reason: "Superseded" })]);
    const settled = world({}, {}, { state: "Closed" });
    await settled.steps.closePullRequest(close);
    expect(settled.asked).toEqual([]);
  });

  it("records a merge that came first, and one that is gone as closed; what may pass is tried again", async () => {
    const merged = world({}, { close: async () => found({ state: "Merged", mergeCommit: MERGE }) });
    await merged.steps.closePullRequest(close);
    expect(merged.recorded).toEqual([expect.objectContaining({ type: "RecordMerge", commit: MERGE })]);
    const lost = world({}, { close: gone });
    await lost.steps.closePullRequest(close);
    expect(lost.recorded).toEqual([expect.objectContaining({ type: "RecordPullRequestClosed" })]);
    const away = world({}, { close: async () => Promise.reject(new SluiceError("SourceUnavailable", "away")) });
    await expect(away.steps.closePullRequest(close)).rejects.toMatchObject({ retryable: true });
    expect(away.recorded).toEqual([]);
  });
});
