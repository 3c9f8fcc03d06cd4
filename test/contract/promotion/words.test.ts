import { expect, test } from "vitest";
import { theatre } from "./theatre.ts";

/** Words that reach a stage's workflow on the real Temporal server: many, early, twice, and while a worker is away. */

const { open, replayed } = theatre();
const PEOPLE = [{ name: "people", approval: { people: ["bob"] } }];

test("a storm of words does not keep a stage from going on", async () => {
  const play = await open({ stages: [{ name: "prod", waves: [{ names: ["prod-a"] }, {}] }] });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  let storming = true;
  const storm = (async () => {
    while (storming) await play.promotions.changed(play.pipeline, "prod");
  })();
  try {
    await play.until("its end", () => play.result(id) === "Succeeded");
  } finally {
    storming = false;
    await storm;
  }
  await play.idle("prod");
  expect(play.requests).toHaveLength(3);
});

test("somebody who says yes too early, again and again, is refused, heard in time, and counted once", async () => {
  const play = await open({ stages: [{ name: "prod", gates: PEOPLE }], accounts: { bob: {} } });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  const answers: string[] = [];
  await play.until("an answer", async () => {
    const answer = await play.decide("prod", { promotion: id, gate: "people" }).then(
      ({ news }) => (news ? "news" : "known"),
      (error: Error) => error.name,
    );
    answers.push(answer);
    return answer === "news";
  });
  await play.until("its end", () => play.result(id) === "Succeeded");
  expect(play.types().filter((type) => type === "ApprovalGiven")).toHaveLength(1);
  expect(answers.filter((answer) => answer === "news")).toHaveLength(1);
});

test("a double click, ten times at once, is one approval", async () => {
  const play = await open({ stages: [{ name: "prod", gates: PEOPLE }], accounts: { bob: {} } });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("the question", () => play.ledger.pipeline.promotions[id]?.asked["people"]);
  const clicks = Array.from({ length: 10 }, () => play.decide("prod", { promotion: id, gate: "people" }));
  const settled = await Promise.allSettled(clicks);
  await play.until("its end", () => play.result(id) === "Succeeded");
  expect(settled.filter((one) => one.status === "fulfilled" && one.value.news)).toHaveLength(1);
  expect(play.types().filter((type) => type === "ApprovalGiven")).toHaveLength(1);
});

test("a yes that comes while every worker is away is carried out by the next one, once", async () => {
  const play = await open({ stages: [{ name: "prod", gates: PEOPLE }], accounts: { bob: {} } });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("the question", () => play.ledger.pipeline.promotions[id]?.asked["people"]);
  await play.stop();
  const yes = play.decide("prod", { promotion: id, gate: "people" });
  await play.startWorker();
  expect(await yes).toMatchObject({ news: true });
  await play.until("its end", () => play.result(id) === "Succeeded");
  expect(play.types().filter((type) => type === "ApprovalGiven")).toHaveLength(1);
});

test("a no ends the promotion, and the yes that comes after it is refused", async () => {
  const play = await open({ stages: [{ name: "prod", gates: PEOPLE }], accounts: { bob: {} } });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  await play.until("the question", () => play.ledger.pipeline.promotions[id]?.asked["people"]);
  await play.decide("prod", { promotion: id, gate: "people", verdict: "reject", comment: "not on a Monday" });
  await play.until("its end", () => play.result(id));
  await expect(play.decide("prod", { promotion: id, gate: "people" })).rejects.toMatchObject({ code: "Conflict" });
  expect(play.requests).toEqual([]);
  await play.idle("prod");
});

test("a worker that dies in any step of a promotion is followed by one that goes on, and nothing is done twice", async () => {
  let step = 0;
  const play = await open({
    stages: [{ name: "prod", waves: [{ names: ["prod-a"] }, { maxParallel: 1 }] }],
    before: async () => {
      step += 1;
      if (step % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  });
  await play.release("r1");
  const id = await play.promote("prod", "r1");
  for (let turn = 0; turn < 4 && play.result(id) === undefined; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    await play.restartWorker();
  }
  await play.until("its end", () => play.result(id) === "Succeeded");
  for (const type of ["PromotionStarted", "PromotionMoved", "PromotionSucceeded"]) {
    expect(play.types().filter((one) => one === type)).toHaveLength(1);
  }
  expect(play.types().filter((one) => one === "WaveStarted")).toHaveLength(2);
  expect(play.requests).toHaveLength(3);
});

test("whatever was played here replays on the workflow as it is", async () => {
  const { executions, problems } = await replayed();
  expect(problems).toEqual([]);
  expect(executions).toBeGreaterThan(5);
});
