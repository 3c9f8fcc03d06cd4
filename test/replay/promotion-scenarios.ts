import { SluiceError } from "../../schemas/errors.ts";
import { ADA, type Play, type PlayOptions } from "../contract/promotion/play.ts";

/** The ways that a promotion may go: each is played on a real server, and its history kept and replayed. */
export interface Scenario {
  options: PlayOptions;
  /** Plays it to the end of the recorded execution, or to where it waits. */
  play(play: Play): Promise<void>;
  /** The stage whose history it is. */
  stage: string;
}

const PEOPLE = { name: "people", approval: { people: ["bob"] } };
const VERIFICATION = { metrics: [{ name: "up", provider: { web: { url: "https://example.test" } } }] };
const COMMIT = {
  repoURL: "https://git.example/team/apps.git",
  edits: [{ yaml: { path: "a.yaml", key: "version", value: { git: "source" } } }],
};
const NONE = { metrics: [] };

/** Prod alone, with one release asked for by hand. */
const prod = (more: object, play: Scenario["play"], options: Partial<PlayOptions> = {}): Scenario => ({
  options: { stages: [{ name: "prod", ...more }], accounts: { bob: {} }, ...options },
  stage: "prod",
  play,
});

async function promote(play: Play): Promise<string> {
  await play.release("r1");
  return await play.promote("prod", "r1");
}

const ended = (play: Play, id: string) => play.until("its end", () => play.result(id));
const asked = (play: Play, id: string) =>
  play.until("the question", () => play.ledger.pipeline.promotions[id]?.asked["people"]);

/** Fails a step so often, then lets it pass. */
function failing(step: string, times: number, code: "SourceUnavailable" | "SourceForbidden"): Partial<PlayOptions> {
  let left = times;
  return {
    before: (taken) => {
      if (taken !== step || left === 0) return;
      left -= 1;
      throw new SluiceError(code, "the repository does not answer");
    },
  };
}

const committed = { commit: "c0ffee", branch: "main", repoURL: COMMIT.repoURL, result: "pushed" } as const;

export const PROMOTIONS: Record<string, Scenario> = {
  pinned: prod({}, async (play) => {
    await ended(play, await promote(play));
    await play.idle("prod");
  }),
  automatic: {
    options: { stages: [{ name: "staging", automatic: "newest" }] },
    stage: "staging",
    play: async (play) => {
      await play.release("r1");
      await play.until("its end", () => play.ledger.pipeline.stages["staging"]?.current);
      await play.idle("staging");
    },
  },
  waves: prod({ waves: [{ names: ["prod-a"], pause: "1h" }, { maxParallel: 1 }] }, async (play) => {
    const id = await promote(play);
    await play.until("the pause", () => play.ledger.pipeline.promotions[id]?.waves[0]?.completedAt);
    await play.advance(3_600_000);
    await ended(play, id);
    await play.idle("prod");
  }),
  approved: prod({ gates: [PEOPLE] }, async (play) => {
    const id = await promote(play);
    await asked(play, id);
    await play.decide("prod", { promotion: id, gate: "people" });
    await play.decide("prod", { promotion: id, gate: "people" }).catch(() => undefined);
    await ended(play, id);
    await play.idle("prod");
  }),
  rejected: prod({ gates: [PEOPLE] }, async (play) => {
    const id = await promote(play);
    await asked(play, id);
    await play.decide("prod", { promotion: id, gate: "people", verdict: "reject", comment: "not today" });
    await ended(play, id);
    await play.idle("prod");
  }),
  refused: prod({ gates: [PEOPLE] }, async (play) => {
    const id = await promote(play);
    await asked(play, id);
    const by = { kind: "user", name: "eve" } as const;
    await play.decide("prod", { promotion: id, gate: "people", by }).catch(() => undefined);
    await play.decide("prod", { promotion: id, gate: "people" });
    await ended(play, id);
    await play.idle("prod");
  }),
  aborted: prod(
    {},
    async (play) => {
      const id = await promote(play);
      await play.until("a sync", () => play.requests.length > 0);
      await play.say({ type: "AbortPromotion", promotion: id, by: ADA, at: play.now() });
      await play.idle("prod");
    },
    { sync: () => "Never" },
  ),
  paused: prod({ waves: [{ names: ["prod-a"], pause: "1h" }, {}] }, async (play) => {
    const id = await promote(play);
    await play.until("the pause", () => play.ledger.pipeline.promotions[id]?.waves[0]?.completedAt);
    await play.say({ type: "PausePromotion", promotion: id, by: ADA, at: play.now() });
    await play.advance(7_200_000);
    await play.say({ type: "ResumePromotion", promotion: id, by: ADA, at: play.now() });
    await ended(play, id);
    await play.idle("prod");
  }),
  superseded: prod({ gates: [PEOPLE], automatic: "newest" }, async (play) => {
    await play.release("r1");
    await play.until("the question", () => play.types().includes("ApprovalRequested"));
    await play.advance(1_000);
    await play.release("r2");
    const second = await play.until("the second", () => play.ledger.pipeline.stages["prod"]?.running);
    await play.until("the second question", () => {
      const { running = second } = play.ledger.pipeline.stages["prod"] ?? {};
      const { release, asked: of } = play.ledger.pipeline.promotions[running]!;
      return release === "r2" && of["people"] && running;
    });
    const { running = "" } = play.ledger.pipeline.stages["prod"]!;
    await play.decide("prod", { promotion: running, gate: "people" });
    await ended(play, running);
    await play.idle("prod");
  }),
  failed: prod(
    {},
    async (play) => {
      await ended(play, await promote(play));
      await play.idle("prod");
    },
    { sync: (application) => (application === "prod-b" ? "Failed" : "Succeeded") },
  ),
  rolledBack: prod({ automatic: "newest", rollback: { onFailedHealth: true } }, async (play) => {
    await play.release("r1");
    await play.until("the first", () => play.ledger.pipeline.stages["prod"]?.current?.release === "r1");
    await play.idle("prod");
    await play.advance(60_000);
    await play.release("r2");
    await play.until("the second", () => play.ledger.pipeline.stages["prod"]?.current?.release === "r2");
    await play.idle("prod");
    await play.turn("prod-a", "Degraded");
    await play.until("the way back", () => play.ledger.pipeline.stages["prod"]?.current?.release === "r1");
    await play.idle("prod");
  }),
  verified: prod(
    { verification: VERIFICATION },
    async (play) => {
      await ended(play, await promote(play));
      await play.idle("prod");
    },
    {
      ports: (play) => {
        let taken = 0;
        return {
          measure: async () => {
            taken += 1;
            if (taken > 1) return { measurements: [], verdict: { phase: "Successful", ...NONE } };
            return { measurements: [], next: new Date(Date.parse(play.now()) + 50).toISOString() };
          },
        };
      },
    },
  ),
  committed: prod(
    { promotion: { mode: "commit", commit: COMMIT } },
    async (play) => {
      await ended(play, await promote(play));
      await play.idle("prod");
    },
    { ports: () => ({ commitRelease: async () => committed }) },
  ),
  merged: prod(
    { promotion: { mode: "pullRequest", commit: COMMIT } },
    async (play) => {
      const id = await promote(play);
      await play.until("the pull request", () => play.types().includes("PullRequestOpened"));
      await play.advance(3_600_000);
      await ended(play, id);
      await play.idle("prod");
    },
    {
      ports: (play) => ({
        commitRelease: async () => ({ ...committed, branch: "sluice/shop/prod" }),
        pullRequests: {
          openPullRequest: async ({ promotion, repoURL, branch, head }) => {
            const opened = { provider: "github", repoURL, number: 1, url: "https://git.example/1", branch, head };
            play.ledger.execute({ type: "RecordPullRequest", promotion, ...opened }, true);
            return opened;
          },
          followPullRequest: async ({ promotion }) => {
            const at = play.now();
            if (at.startsWith("2026-03-02T08:00")) return { state: "Open" };
            play.ledger.execute({ type: "RecordMerge", promotion, number: 1, commit: "merge", at }, true);
            return { state: "Merged", commit: "merge" };
          },
          closePullRequest: async () => undefined,
        },
      }),
    },
  ),
  closed: prod(
    { promotion: { mode: "pullRequest", commit: COMMIT } },
    async (play) => {
      const id = await promote(play);
      await play.until("the pull request", () => play.types().includes("PullRequestOpened"));
      await play.say({ type: "AbortPromotion", promotion: id, by: ADA, at: play.now() });
      await play.idle("prod");
    },
    {
      ports: (play) => ({
        commitRelease: async () => ({ ...committed, branch: "sluice/shop/prod" }),
        pullRequests: {
          openPullRequest: async ({ promotion, repoURL, branch, head }) => {
            const opened = { provider: "github", repoURL, number: 1, url: "https://git.example/1", branch, head };
            play.ledger.execute({ type: "RecordPullRequest", promotion, ...opened }, true);
            return opened;
          },
          followPullRequest: async () => ({ state: "Open" }),
          closePullRequest: async ({ promotion, reason }) => {
            const at = play.now();
            play.ledger.execute({ type: "RecordPullRequestClosed", promotion, number: 1, reason, at }, true);
          },
        },
      }),
    },
  ),
  troubled: prod(
    {},
    async (play) => {
      await ended(play, await promote(play));
      await play.idle("prod");
    },
    failing("startWave", 4, "SourceUnavailable"),
  ),
  givenUp: prod(
    {},
    async (play) => {
      await ended(play, await promote(play));
      await play.idle("prod");
    },
    failing("renderDifference", 1, "SourceForbidden"),
  ),
  ledgerAway: prod(
    {},
    async (play) => {
      await ended(play, await promote(play));
      await play.idle("prod");
    },
    failing("lookAtStage", 3, "SourceUnavailable"),
  ),
  nothing: prod({}, async (play) => {
    await play.promotions.changed(play.pipeline, "prod");
    await play.idle("prod");
  }),
};
