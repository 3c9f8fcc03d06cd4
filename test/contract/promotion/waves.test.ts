import { expect, test } from "vitest";
import { theatre } from "./theatre.ts";

/** The workflow of a stage on the real Temporal server: its waves, and how it ends. */

const { open } = theatre();
const HOUR = 3_600_000;

test("a release goes through both stages, each application synced once", async () => {
  const play = await open({
    stages: [
      { name: "staging", automatic: "newest" },
      { name: "prod", automatic: "newestVerified" },
    ],
  });
  await play.release("r1");
  await play.until("prod", () => play.ledger.pipeline.stages["prod"]?.current?.verifiedAt !== undefined);
  expect(play.requests.map(({ application }) => application).toSorted()).toEqual(
    ["staging-a", "staging-b", "staging-c", "prod-a", "prod-b", "prod-c"].toSorted(),
  );
  const order = play.ledger.said.map(({ event: { type, data } }) => `${type} ${"stage" in data ? data.stage : ""}`);
  expect(order.indexOf("ReleaseVerified staging")).toBeLessThan(order.indexOf("PromotionMoved prod"));
  await play.idle("staging");
  await play.idle("prod");
});

test("no more applications are in the making at once than the wave says", async () => {
  const running = new Set<string>();
  let most = 0;
  const names = Array.from({ length: 9 }, (_, index) => `prod-${index}`);
  const play = await open({
    stages: [{ name: "prod", waves: [{ maxParallel: 3 }] }],
    applications: names,
    sync: async (application) => {
      running.add(application);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running.delete(application);
      return "Succeeded" as const;
    },
  });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("its end", () => play.result(id) === "Succeeded");
  expect(most).toBe(3);
  expect(play.requests.map(({ application }) => application).toSorted()).toEqual(names);
});

test("as many as the wave allows may stay unhealthy, one more fails the promotion before the next wave", async () => {
  const play = await open({
    stages: [{ name: "prod", waves: [{ names: ["prod-a", "prod-b"], maxUnhealthy: 1 }, {}] }],
    sync: (application, release) =>
      application === "prod-a" || (application === "prod-b" && release === "r2") ? "Failed" : "Succeeded",
  });
  await play.release("r1");
  const first = await play.promote("prod", "r1");
  await play.until("its end", () => play.result(first) === "Succeeded");
  expect(play.ledger.pipeline.promotions[first]?.waves[0]?.unhealthy).toEqual(["prod-a"]);

  await play.release("r2");
  const second = await play.promote("prod", "r2");
  await play.until("its end", () => play.result(second) === "Failed");
  const touched = play.requests.filter(({ revision }) => revision === "commit-r2");
  expect(touched.map(({ application }) => application).toSorted()).toEqual(["prod-a", "prod-b"]);
});

test("the pause of a wave is waited for by the clock, and nothing is asked meanwhile", async () => {
  const play = await open({
    stages: [{ name: "prod", waves: [{ names: ["prod-a"], pause: "6h" }, {}] }],
  });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  const wave = (index: number) => play.ledger.pipeline.promotions[id]?.waves[index];
  await play.until("the end of the first wave", () => wave(0)?.completedAt !== undefined);
  await play.until("its wait", () => play.types().at(-1) === "WaveCompleted");
  const looks = play.taken.lookAtStage ?? 0;
  await play.advance(5 * HOUR);
  await play.until("a look", () => (play.taken.lookAtStage ?? 0) > looks);
  await play.until("rest", async () => (await play.promotions.progress(play.pipeline, "prod"))?.step === "wait");
  expect(wave(1)).toBeUndefined();
  await play.advance(2 * HOUR);
  await play.until("its end", () => play.result(id) === "Succeeded");
  expect(wave(1)?.completedAt).toBeDefined();
});

test("while a stage waits it takes no step at all", async () => {
  const play = await open({
    stages: [{ name: "prod", gates: [{ name: "people", approval: { people: ["bob"] } }] }],
    accounts: { bob: {} },
  });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("the question", () => play.types().includes("ApprovalRequested"));
  await play.until("rest", () => play.taken.renderDifference === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = { ...play.taken };
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(play.taken).toEqual(before);
  const progress = await play.promotions.progress(play.pipeline, "prod");
  expect(progress).toMatchObject({ step: "wait", promotion: id });
  await play.decide("prod", { promotion: id, gate: "people" });
  await play.until("its end", () => play.result(id) === "Succeeded");
});

test("an abort leaves what is there, says so, and frees the stage", async () => {
  const play = await open({
    stages: [{ name: "prod", waves: [{ maxParallel: 1 }] }],
    sync: (application) => (application === "prod-b" ? "Never" : "Succeeded"),
  });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("the sync that hangs", () => play.requests.some(({ application }) => application === "prod-b"));
  const by = { kind: "user", name: "ada" } as const;
  await play.say({ type: "AbortPromotion", promotion: id, by, reason: "no", at: play.now() });
  await play.idle("prod");
  const aborted = play.ledger.said.find(({ event: { type } }) => type === "PromotionAborted")?.event;
  expect(aborted?.data).toMatchObject({
    left: expect.arrayContaining([
      { application: "prod-a", release: "r1", state: "Promoted" },
      { application: "prod-b", release: "r1", state: "Syncing" },
    ]),
  });
  expect(play.requests.some(({ application }) => application === "prod-c")).toBe(false);
  expect(play.ledger.pipeline.stages["prod"]?.running).toBeUndefined();
});

test("a newer release takes the place of one that has not begun to move", async () => {
  const gates = [{ name: "people", approval: { people: ["bob"] } }];
  const play = await open({ stages: [{ name: "prod", gates, automatic: "newest" }], accounts: { bob: {} } });
  await play.release("r1");
  await play.until("the question", () => play.types().includes("ApprovalRequested"));
  await play.advance(1_000);
  await play.release("r2");
  const [first, second] = await play.until("both", () => {
    const all = Object.values(play.ledger.pipeline.promotions);
    return all.length === 2 && all.map(({ promotion }) => promotion);
  });
  await play.until("the end of the first", () => play.result(first!) === "Superseded");
  await play.until("the second question", () => play.ledger.pipeline.promotions[second!]?.asked["people"]);
  await play.decide("prod", { promotion: second!, gate: "people" });
  await play.until("the second", () => play.result(second!) === "Succeeded");
  expect(play.requests.every(({ revision }) => revision === "commit-r2")).toBe(true);
});

test("health that is lost after a promotion leads back to what was verified before, and the release is excluded", async () => {
  const rollback = { onFailedHealth: true, within: "15m" };
  const play = await open({ stages: [{ name: "prod", rollback, automatic: "newest" }] });
  await play.release("r1");
  await play.until("the first", () => play.ledger.pipeline.stages["prod"]?.current?.release === "r1");
  await play.idle("prod");
  await play.advance(HOUR);
  await play.release("r2");
  await play.until("the second", () => play.ledger.pipeline.stages["prod"]?.current?.release === "r2");
  await play.idle("prod");
  await play.advance(60_000);
  await play.turn("prod-b", "Degraded");
  await play.until("the way back", () => play.ledger.pipeline.stages["prod"]?.current?.release === "r1");
  await play.idle("prod");
  expect(play.ledger.pipeline.stages["prod"]?.excluded.map(({ release }) => release)).toEqual(["r2"]);
  const back = play.requests.slice(-3);
  expect(back.map(({ revision }) => revision)).toEqual(["commit-r1", "commit-r1", "commit-r1"]);
  for (const name of ["prod-a", "prod-b", "prod-c"]) expect(play.ledger.states.get(name)?.pin?.release).toBe("r1");
});
