import { expect, test } from "vitest";
import type { Play } from "./play.ts";
import { theatre } from "./theatre.ts";

/** Policies of time, on the real Temporal server with a clock that the test moves: days pass in a moment. */

const { open } = theatre();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const verdict = (play: Play, promotion: string, gate: string) =>
  play.ledger.pipeline.promotions[promotion]?.verdicts[gate];
const moved = (play: Play, stage: string): boolean => play.types(stage).includes("PromotionMoved");
/** Until the stage has looked at the moved clock and waits again, or is through. */
const settled = (play: Play, stage: string): Promise<unknown> =>
  play.until("rest", async () => {
    const progress = await play.promotions.progress(play.pipeline, stage);
    return progress === undefined || (progress.step === "wait" && progress);
  });

test("a soak of three days is over after three days, and not an hour before", async () => {
  const play = await open({
    stages: [
      { name: "staging", automatic: "newest" },
      { name: "prod", automatic: "newestVerified", gates: [{ name: "soak", soak: "72h" }] },
    ],
  });
  await play.release("r1");
  const id = await play.until("the wait", () => {
    const found = play.ledger.pipeline.stages["prod"]?.running;
    return found !== undefined && verdict(play, found, "soak")?.state === "wait" && found;
  });
  const { until } = verdict(play, id, "soak")!;
  expect(Date.parse(until!) - Date.parse(play.now())).toBe(3 * DAY);
  await play.advance(3 * DAY - HOUR);
  await settled(play, "prod");
  expect(moved(play, "prod")).toBe(false);
  await play.advance(HOUR);
  await play.until("prod", () => play.result(id) === "Succeeded");
});

test("a window in Berlin opens at nine there, on both sides of the change to summer time", async () => {
  const windows = [{ kind: "allow", schedule: "0 9 * * *", duration: "1h", timeZone: "Europe/Berlin" }];
  const play = await open({ stages: [{ name: "prod", gates: [{ name: "hours", windows }] }] });
  // The clocks go forward in the night to 29 March 2026: nine o'clock is 08:00 UTC before, and 07:00 UTC after.
  await play.moveTo("2026-03-28T07:30:00.000Z");
  await play.release("r1");
  const first = await play.promote("prod", "r1");
  await play.until("the closed window", () => verdict(play, first, "hours")?.state === "wait");
  expect(verdict(play, first, "hours")?.until).toBe("2026-03-28T08:00:00.000Z");
  await play.moveTo("2026-03-28T08:00:00.000Z");
  await play.until("the first", () => play.result(first) === "Succeeded");

  await play.moveTo("2026-03-29T06:30:00.000Z");
  await play.release("r2");
  const second = await play.promote("prod", "r2");
  await play.until("the closed window", () => verdict(play, second, "hours")?.state === "wait");
  expect(verdict(play, second, "hours")?.until).toBe("2026-03-29T07:00:00.000Z");
  await play.moveTo("2026-03-29T07:00:00.000Z");
  await play.until("the second", () => play.result(second) === "Succeeded");
});

test("an approval that expires before the other gates pass is asked for again", async () => {
  const windows = [{ kind: "allow", schedule: "0 9 * * *", duration: "1h", timeZone: "UTC" }];
  const play = await open({
    stages: [
      {
        name: "prod",
        gates: [
          { name: "people", approval: { people: ["bob"], expiresAfter: "12h" } },
          { name: "hours", windows },
        ],
      },
    ],
    accounts: { bob: {} },
  });
  await play.moveTo("2026-03-02T12:00:00.000Z");
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("the question", () => play.ledger.pipeline.promotions[id]?.asked["people"]);
  await play.decide("prod", { promotion: id, gate: "people" });
  await play.until("the pass", () => verdict(play, id, "people")?.state === "pass");
  await play.moveTo("2026-03-03T09:00:00.000Z");
  await play.until("the void", () => play.types().includes("ApprovalsVoided"));
  await settled(play, "prod");
  expect(moved(play, "prod")).toBe(false);
  await play.decide("prod", { promotion: id, gate: "people" });
  await play.until("its end", () => play.result(id) === "Succeeded");
});

test("a stage's limit of time fails a promotion whose application never becomes healthy", async () => {
  const play = await open({
    stages: [{ name: "prod", timeout: "30m" }],
    sync: (application) => (application === "prod-c" ? "Never" : "Succeeded"),
  });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("two of three", () => {
    const targets = Object.values(play.ledger.pipeline.promotions[id]?.targets ?? {});
    return targets.filter(({ state }) => state === "Promoted").length === 2;
  });
  await play.advance(29 * 60_000);
  await settled(play, "prod");
  expect(play.result(id)).toBeUndefined();
  await play.advance(2 * 60_000);
  await play.until("its end", () => play.result(id) === "Failed");
  const failed = play.ledger.said.find(({ event: { type } }) => type === "PromotionFailed")?.event;
  expect(failed?.data).toMatchObject({ code: "Timeout" });
});
