import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createPullRequestSteps } from "../../../activities/promotion/pull-request-steps.ts";
import { promotionBranch } from "../../../schemas/ids.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";
import { wakeStage } from "../../../services/dispatcher/pull-request.ts";
import { forges, KINDS } from "../git-providers/world.ts";
import { ADA, type Play } from "./play.ts";
import { theatre } from "./theatre.ts";

/** Promotions by pull request: the real Temporal, a real repository over HTTP, and GitHub as its documentation has it. */

const { open } = theatre();
const world = forges(KINDS[0]!);
const release = (id: string): ReleaseView => ({
  ...{ source: "source", release: id, alias: `v-${id}`, origin: "manual", by: ADA, createdAt: "2026-03-02T08:00:00Z" },
  ...{ content: { commits: [], images: [], charts: [] }, commits: [], sequence: 1 },
});

async function stage(pullRequest: object = {}) {
  const git = await world();
  const complaints: string[] = [];
  const play = await open({
    stages: [
      {
        ...{ name: "prod", automatic: "newest" },
        promotion: {
          ...{ mode: "pullRequest", pullRequest },
          commit: { repoURL: git.url, edits: [{ copy: { git: "app", from: "a", to: "b" } }] },
        },
      },
    ],
    ports: (over: Play) => ({
      commitRelease: async ({ pipeline, stage: name, promotion, release: { release: id } }) => {
        const { commit, branch, result } = await git.pushOverHttp(
          ...(["web/a.yaml", `release: ${id}\n`, promotionBranch(pipeline, name, promotion)] as const),
        );
        return { repoURL: git.url, branch, commit, result };
      },
      findTargets: async ({ promotion, at }) =>
        [...over.ledger.states.keys()].map((application) => {
          const revision = at?.commit ?? promotion;
          return { application, wave: 0, revision, sourceDigest: `${revision}@${application}` };
        }),
      pullRequests: createPullRequestSteps({
        pipelines: {
          load: async () => over.ledger.pipeline,
          execute: async (_, command) => {
            const before = over.ledger.said.length;
            await over.say(command);
            return over.ledger.said.slice(before).map(({ event }) => event);
          },
        },
        ...{ now: over.now, unique: randomUUID, recorded: () => undefined },
        findRelease: async (_, id) => release(id),
        pullRequests: git.pullRequests,
        complain: (_, said) => void complaints.push(said),
      }),
    }),
  });
  const pulled = (number: number) =>
    play.until(`pull request ${number}`, () =>
      Object.values(play.ledger.pipeline.promotions).find((each) => each.pullRequest?.number === number),
    );
  /** As the dispatcher does for what the gateway took from the provider. */
  const webhook = (branch: string) => {
    const item = {
      message: {
        ...{ type: "pullrequest.changed" as const, repository: "shop", repoURL: git.url, number: 1, branch },
        ...{ delivery: "d", actor: { kind: "webhook" as const, name: "github" }, receivedAt: play.now() },
      },
      ...{ sequence: 1, deliveries: 1, ack: async () => undefined, nak: () => undefined, working: () => undefined },
    };
    const views = { get: () => ({ stages: [{ name: "prod" }] }) } as unknown as Parameters<
      typeof wakeStage
    >[0]["views"];
    return wakeStage({ views, promotions: play.promotions, log: pino({ level: "silent" }) }, [item]);
  };
  return { ...git, play, pulled, webhook, complaints };
}

describe("a promotion by pull request", () => {
  it("waits for the merge, hears of it by webhook, and syncs exactly the commit of the merge", async () => {
    const { play, forge, repository, pulled, webhook, api } = await stage();
    await play.release("r1");
    const { promotion, pullRequest, release: of } = await pulled(1);
    const [pull] = forge.pulls;
    expect(pull).toMatchObject({ title: `Promote ${of} to ${play.pipeline}/prod`, branch: pullRequest!.branch });
    expect(pull!.body).toContain(`promotion \`${promotion}\``);
    expect(play.requests).toEqual([]);
    await forge.merge(pull!, { by: "grace" });
    await webhook(pullRequest!.branch);
    await play.until("its end", () => play.result(promotion) === "Succeeded");
    const merge = await repository.head();
    expect(new Set(play.requests.map(({ revision }) => revision))).toEqual(new Set([merge]));
    expect(await repository.read("web/a.yaml")).toBe("release: r1\n");
    const merged = play.ledger.said.find(({ event }) => event.type === "PullRequestMerged")!.event.data;
    expect(merged).toMatchObject({ commit: merge, by: "grace", number: 1 });
    expect(await forge.commitOf(pullRequest!.branch)).toBeUndefined();
    expect(api.violations).toEqual([]);
  });

  it("finds the merge by itself when its webhook was lost", async () => {
    const { play, forge, pulled } = await stage({ deleteBranch: false });
    await play.release("r1");
    const { promotion, pullRequest } = await pulled(1);
    await play.until("the first look", () => play.taken.followPullRequest === 1);
    await forge.merge(forge.pulls[0]!);
    await play.advance(3 * 60_000);
    await play.until("its end", () => play.result(promotion) === "Succeeded");
    expect(await forge.commitOf(pullRequest!.branch)).toBe(pullRequest!.head);
  });

  it("is merged without a person where the stage says so, once its checks allow it", async () => {
    const { play, forge, pulled } = await stage({ merge: true, labels: ["promotion"] });
    forge.blockedBy = 'Required status check "build" is expected.';
    await play.release("r1");
    const { promotion } = await pulled(1);
    await play.until("a first try", () => (play.taken.followPullRequest ?? 0) > 0);
    expect(forge.pulls[0]).toMatchObject({ state: "open", labels: ["promotion"] });
    forge.blockedBy = undefined;
    await play.advance(3 * 60_000);
    await play.until("its end", () => play.result(promotion) === "Succeeded");
    expect(forge.pulls[0]).toMatchObject({ state: "merged", by: "sluice[bot]" });
  });

  it("is not merged without a person with what others pushed to its branch", async () => {
    const { play, forge, pulled, push, repository, first } = await stage({ merge: true });
    forge.blockedBy = "Required status check is expected.";
    await play.release("r1");
    const { pullRequest } = await pulled(1);
    await push("web/b.yaml", "b: sneaked in\n", pullRequest!.branch);
    forge.blockedBy = undefined;
    const looks = play.taken.followPullRequest ?? 0;
    await play.advance(3 * 60_000);
    await play.until("another look", () => (play.taken.followPullRequest ?? 0) > looks);
    expect(forge.pulls[0]!.state).toBe("open");
    expect(await repository.head()).toBe(first);
  });

  it("does not take a merge into another branch for its own: that one may be protected by nobody", async () => {
    const { play, forge, pulled, webhook, repository, first } = await stage();
    await repository.git("branch", "unprotected", first);
    await play.release("r1");
    const { promotion, pullRequest } = await pulled(1);
    forge.pulls[0]!.base = "unprotected";
    await forge.merge(forge.pulls[0]!, { by: "eve" });
    await webhook(pullRequest!.branch);
    await play.until("its end", () => play.result(promotion) === "Failed");
    expect(play.requests).toEqual([]);
  });

  it("leaves nothing open when it is aborted in the moment of the opening", async () => {
    const { play, forge, api } = await stage();
    const away = { status: 503, body: { message: "no server is currently available" } };
    api.next.push(away);
    await play.release("r1");
    const id = await play.until("the first try", () =>
      play.taken.movePromotion === 1 ? play.ledger.pipeline.stages["prod"]?.running : undefined,
    );
    await play.say({ type: "AbortPromotion", promotion: id, by: ADA, at: play.now() });
    await play.idle("prod");
    expect(forge.pulls.filter(({ state }) => state === "open")).toEqual([]);
  });

  it("makes way for a newer release: its pull request is closed with a word, its branch goes, and the next is opened", async () => {
    const { play, forge, pulled, webhook } = await stage();
    await play.release("r1");
    const old = await pulled(1);
    await play.release("r2");
    const next = await pulled(2);
    expect(play.result(old.promotion)).toBe("Superseded");
    await play.until("the old one's end", () => forge.pulls[0]!.state === "closed");
    expect(forge.pulls[0]!.comments[0]!.body).toContain("a newer release takes its place");
    await play.until("its record", () => play.types("prod").includes("PullRequestClosed"));
    expect(await forge.commitOf(old.pullRequest!.branch)).toBeUndefined();
    await forge.merge(forge.pulls[1]!);
    await webhook(next.pullRequest!.branch);
    await play.until("the end", () => play.result(next.promotion) === "Succeeded");
    expect(play.types("prod").filter((type) => type === "PullRequestOpened")).toHaveLength(2);
  });

  it("fails when somebody closes it, and nothing was synced", async () => {
    const { play, forge, pulled, webhook } = await stage();
    await play.release("r1");
    const { promotion, pullRequest } = await pulled(1);
    forge.close(forge.pulls[0]!, "grace");
    await webhook(pullRequest!.branch);
    await play.until("its end", () => play.result(promotion) === "Failed");
    expect(play.requests).toEqual([]);
  });

  it("is closed at the provider when it is aborted", async () => {
    const { play, forge, pulled } = await stage();
    await play.release("r1");
    const { promotion } = await pulled(1);
    await play.say({ type: "AbortPromotion", promotion, by: ADA, at: play.now() });
    await play.until("the close", () => forge.pulls[0]!.state === "closed");
    expect(play.result(promotion)).toBe("Aborted");
  });

  it("opens one, although the provider failed after it had opened it, and was away before", async () => {
    const { play, forge, pulled, api, webhook } = await stage();
    const away = { status: 503, body: { message: "no server is currently available" } };
    api.next.push(away, away);
    await play.release("r1");
    const { promotion, pullRequest } = await pulled(1);
    api.next.push(away, { status: 429, headers: { "retry-after": "0" } });
    await forge.merge(forge.pulls[0]!);
    await webhook(pullRequest!.branch);
    await play.until("its end", () => play.result(promotion) === "Succeeded");
    expect(forge.pulls).toHaveLength(1);
  });
});
