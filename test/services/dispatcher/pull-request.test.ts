import { pino } from "pino";
import { expect, it } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { promotionBranch } from "../../../schemas/ids.ts";
import type { PullRequestChanged } from "../../../schemas/messages.ts";
import type { IntakeDelivery, ViewsPort } from "../../../services/dispatcher/ports.ts";
import { wakeStage } from "../../../services/dispatcher/pull-request.ts";

const BRANCH = promotionBranch("shop", "prod", "prod-1");

function world(stages: string[], fail = false) {
  const told: string[] = [];
  const settled: string[] = [];
  const views = {
    get: (_view: string, key: string) => (key === "shop" ? { stages: stages.map((name) => ({ name })) } : undefined),
  } as unknown as Pick<ViewsPort, "get">;
  const promotions = {
    changed: async (pipeline: string, stage: string) => {
      if (fail) throw new SluiceError("Unavailable", "Temporal is away");
      told.push(`${pipeline}/${stage}`);
    },
  };
  const item = (branch: string): IntakeDelivery<PullRequestChanged> => ({
    message: {
      ...{
        type: "pullrequest.changed",
        repository: "shop",
        repoURL: "https://git.example/acme/shop",
        number: 4,
        branch,
      },
      ...{ delivery: "d", actor: { kind: "webhook", name: "octocat" }, receivedAt: "2026-01-01T00:00:00Z" },
    },
    ...{ sequence: 1, deliveries: 1 },
    ack: async () => void settled.push("ack"),
    nak: (delay) => void settled.push(delay > 0 ? "nak" : "at once"),
    working: () => undefined,
  });
  const wake = (...branches: string[]) =>
    wakeStage({ views, promotions, log: pino({ level: "silent" }) }, branches.map(item));
  return { told, settled, wake };
}

it("wakes the stage of the branch once, however much has come", async () => {
  const { told, settled, wake } = world(["staging", "prod"]);
  await wake(BRANCH, BRANCH, BRANCH);
  expect(told).toEqual(["shop/prod"]);
  expect(settled).toEqual(["ack", "ack", "ack"]);
});

it("starts nothing for a pipeline or a stage that is not there: anybody can name a branch", async () => {
  const { told, settled, wake } = world(["staging"]);
  await wake(BRANCH);
  await wake(promotionBranch("other", "prod", "prod-1"));
  await wake("feature/x");
  expect(told).toEqual([]);
  expect(settled).toEqual(["ack", "ack", "ack"]);
});

it("comes again later when the stage could not be told", async () => {
  const { settled, wake } = world(["prod"], true);
  await wake(BRANCH, BRANCH);
  expect(settled).toEqual(["nak", "nak"]);
});
