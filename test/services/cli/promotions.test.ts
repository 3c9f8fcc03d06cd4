import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PromotionAnswer } from "../../../schemas/api/promotion-routes.ts";
import { promotionLines } from "../../../services/cli/follow-promotion.ts";
import { fillShop, FOX, NO_COUNTS, NOW, OTTER } from "../api/shop.ts";
import { cliWithServer } from "./cli.ts";

type At = Awaited<ReturnType<typeof cliWithServer>> & Awaited<ReturnType<typeof fillShop>>;
let at: At;
beforeEach(async () => {
  const server = await cliWithServer();
  at = { ...server, ...(await fillShop(server)) };
});
afterEach(() => at.close());

/** What asks for a promotion and does not wait for it. */
const asked = async (line: string): Promise<string> => {
  const { code, out, err } = await at.sluice([...line.split(" "), "--async", "-o", "json"]);
  expect({ code, err }).toMatchObject({ code: 0 });
  return (JSON.parse(out) as { promotion: string }).promotion;
};
/** The workflow of a stage takes the promotion through, step by step. */
async function run(promotion: string, stage: string): Promise<void> {
  await synced(promotion, stage);
  await at.execute({ type: "Succeed", promotion, at: NOW });
}
async function synced(promotion: string, stage: string): Promise<void> {
  const target = { application: `shop-${stage}`, wave: 0, operation: "op", revision: "r", sourceDigest: "s" };
  await at.execute(
    { type: "StartNext", stage, at: NOW },
    { type: "RecordVerdicts", promotion, verdicts: [], at: NOW },
    { type: "RecordDifference", promotion, digest: "d".repeat(64), blob: "difference", counts: NO_COUNTS },
    { type: "BeginMove", promotion, mode: "pin", at: NOW },
    { type: "StartWave", promotion, wave: 0, targets: [{ ...target, after: 0 } as never], at: NOW },
    { type: "RecordPromoted", promotion, ...target, sequence: 1, at: NOW } as never,
    { type: "CompleteWave", promotion, wave: 0, unhealthy: [], at: NOW },
  );
}

describe("sluice promote", () => {
  it("follows the promotion to its end, through gates, waves and applications", async () => {
    let shown = "";
    const following = at.sluice("promote shop staging calm-fox", { said: (text) => void (shown += text) });
    await expect.poll(() => shown).toContain("staging: Queued calm-fox");
    const [promotion] = [...at.table("promotions").keys()].map((key) => key.slice("shop/".length));
    await run(promotion!, "staging");
    const { code, err } = await following;
    expect(code).toBe(0);
    expect(err).toContain(`promotion ${promotion} of calm-fox into shop/staging`);
    expect(err).not.toContain("waits:");
    expect(err).toMatch(/wave 1: Succeeded 1 of 1\n/);
    expect(err).toMatch(/shop-staging: Promoted\n/);
    expect(err).toMatch(/staging: Succeeded calm-fox by pin\n/);
  });

  it("ends with the code of a failure, and says what comes of it", async () => {
    const promotion = await asked("promote shop staging");
    const following = at.sluice(["promotion", "wait", promotion]);
    await at.execute(
      { type: "StartNext", stage: "staging", at: NOW },
      { type: "Fail", promotion, code: "HealthDegraded", message: "shop-staging is degraded", left: [], at: NOW },
    );
    const { code, err } = await following;
    expect(code).toBe(10);
    expect(err).toContain("staging: Failed brave-otter: shop-staging is degraded");
    expect(err).toContain(`sluice why ${promotion}`);
  });

  it("is no success when another release took its place, whatever becomes of that one", async () => {
    const following = at.sluice("promote shop staging calm-fox");
    await expect.poll(() => at.table("promotions").size).toBe(1);
    const [promotion] = [...at.table("promotions").keys()].map((key) => key.slice("shop/".length));
    const newer = await asked("promote shop staging brave-otter");
    const told = `calm-fox did not come to shop/staging: promotion ${newer} of brave-otter took its place`;
    expect(await following).toMatchObject({ code: 10, err: expect.stringContaining(told) });
    await run(newer, "staging");
    const late = await at.sluice(["promotion", "wait", promotion!, "--timeout", "5s"]);
    expect(late).toMatchObject({ code: 10, err: expect.stringContaining(`sluice promotion wait ${newer}`) });
    expect(late.err).not.toContain("Succeeded brave-otter");
  });

  it("prints the promotion as it ended where a program reads it", async () => {
    const promotion = await asked("promote shop staging");
    const following = at.sluice(["promotion", "wait", promotion, "-o", "json", "-q"]);
    await run(promotion, "staging");
    const { out, err } = await following;
    expect(JSON.parse(out)).toMatchObject({ promotion, result: "Succeeded", alias: "brave-otter" });
    expect(err).toBe("");
  });

  it("says what holds it from outside: a stopped line, a paused stage", async () => {
    await at.sluice("stop-the-line --reason INC-42");
    const stopped = await at.sluice("promote shop staging --timeout 500ms");
    expect(stopped.err).toContain("waits: admin stopped the line: INC-42; next: sluice resume-the-line");
    await at.sluice("resume-the-line");
    await at.sluice("stage pause shop prod --reason migration");
    await at.through("staging", FOX.release);
    const paused = await at.sluice("promote shop prod --timeout 500ms");
    expect(paused.err).toContain("waits: admin paused stage prod: migration; next: sluice stage resume shop prod");
  });

  it("counts many applications and names those that failed", () => {
    const target = { wave: 0, operation: "o", revision: "r", sourceDigest: "s", after: 0 };
    const targets = Array.from({ length: 40 }, (_, index) => ({
      ...{ ...target, application: `shop-${index}` },
      state: index === 7 ? ("Failed" as const) : ("Promoted" as const),
    }));
    const view = {
      ...{ stage: "prod", release: OTTER.release, phase: "Syncing", gates: [], verifications: [], targets },
      waves: [{ wave: 0, startedAt: NOW, unhealthy: [] }],
    } as unknown as PromotionAnswer;
    const keys = promotionLines({ colors: false }, view).map(([key, text]) => `${key}: ${text}`);
    expect(keys).toEqual(["prod: Syncing 222222222222", "wave 1: Syncing 39 of 40", "  shop-7: Failed"]);
  });

  it("does not wait for ever, and says that the promotion goes on", async () => {
    const { code, err } = await at.sluice("promote shop staging --timeout 200ms");
    expect(code).toBe(8);
    expect(err).toMatch(/It goes on without being watched. Look why with: sluice why staging-2222222-/);
  });

  it("tells what is wrong before anything is asked for", async () => {
    const hasty = await at.sluice("promote shop prod brave-otter --emergency soak");
    expect(hasty).toMatchObject({ code: 2, err: expect.stringContaining("An emergency needs a reason") });
    const odd = await at.sluice("promote shop prod --reason why");
    expect(odd).toMatchObject({ code: 2, err: expect.stringContaining("--reason is for --emergency") });
    expect(await at.sluice("promote shop nowhere")).toMatchObject({
      code: 4,
      err: expect.stringContaining("Its stages are staging, prod."),
    });
    expect(at.table("promotions").size).toBe(0);
  });

  it("in an emergency says which gates are skipped and how its record is closed", async () => {
    const line = ["promote", "shop", "prod", "calm-fox", "--emergency", "soak,people/operators", "--reason", "INC-42"];
    const { code, err, out } = await at.sluice([...line, "--async"]);
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining("Gates are skipped."),
    });
    expect(out).toMatch(/^promotion prod-1111111-\w+ of calm-fox into shop\/prod requested\n$/);
    const [, record] = /sluice emergency close (\S+)/.exec(err)!;
    expect((await at.sluice("emergency list --open -o name")).out).toBe(`emergency/${record}\n`);
    const closed = await at.sluice(["emergency", "close", record!, "--note", "mended at its root"]);
    expect(closed.out).toBe(`emergency/${record} closed by admin\n`);
    expect((await at.sluice("emergency list")).out).toMatch(/closed by admin/);
    expect((await at.sluice("emergency list --open")).err).toContain("No record of an emergency is open.");
  });
});

describe("sluice promotion", () => {
  it("lists promotions, and those under way", async () => {
    expect((await at.sluice("promotion list")).err).toContain("Start one with: sluice promote PIPELINE STAGE");
    await at.through("staging", FOX.release);
    const promotion = await asked("promote shop prod");
    const { out } = await at.sluice("promotion list shop");
    expect(out).toMatch(/^PROMOTION +PIPELINE +STAGE +RELEASE +PHASE +WAITS FOR +TRIGGER +AGE\n/);
    expect(out).toMatch(new RegExp(`${promotion} +shop +prod +calm-fox +Queued +- +manual by admin`));
    expect(out).toMatch(/staging +calm-fox +Succeeded/);
    expect((await at.sluice("promotion list --open -o name")).out).toBe(`promotion/${promotion}\n`);
    expect((await at.sluice("promotion list --stage prod")).code).toBe(2);
    expect((await at.sluice("promotion list shop --stage staging -o name")).out).toContain("staging-");
  });

  it("shows one by the beginning of its id", async () => {
    const promotion = await asked("promote shop staging calm-fox");
    const { out } = await at.sluice(["promotion", "get", promotion.slice(0, 12)]);
    expect(out).toMatch(new RegExp(`Promotion: +${promotion}\n`));
    expect(out).toMatch(/Release: +calm-fox 1111/);
    expect(out).toMatch(/staging +Queued calm-fox\n/);
    expect(await at.sluice("promotion get nothing")).toMatchObject({ code: 4 });
    await asked("promote shop staging brave-otter");
    const several = await at.sluice("promotion get staging");
    expect(several.err).toContain("is the beginning of several promotions");
    expect(several.code).toBe(3);
  });

  it("is aborted, paused and resumed; the same again is no news", async () => {
    const promotion = await asked("promote shop staging");
    await at.execute({ type: "StartNext", stage: "staging", at: NOW });
    expect((await at.sluice(["promotion", "pause", promotion])).out).toBe(`promotion/${promotion} is paused\n`);
    expect((await at.sluice(["promotion", "pause", promotion])).err).toContain("It was so already.");
    expect((await at.sluice(["promotion", "resume", promotion])).out).toBe(`promotion/${promotion} goes on\n`);
    const aborted = await at.sluice(["promotion", "abort", promotion, "--reason", "wrong one"]);
    expect(aborted.out).toBe(`promotion/${promotion} is aborted\n`);
    expect((await at.sluice(["promotion", "get", promotion])).out).toMatch(/staging +Aborted/);
  });

  it("shows what it changes, object by object, and the commits between", async () => {
    const promotion = await asked("promote shop staging");
    const early = await at.sluice(["promotion", "diff", promotion]);
    expect(early).toMatchObject({ code: 4, err: expect.stringContaining("is not rendered yet") });
    at.blobs.set("difference", {
      ...{ version: 1, pipeline: "shop", stage: "staging", release: OTTER.release, counts: NO_COUNTS },
      applications: [
        {
          ...{ application: "shop-staging", cluster: "staging", wave: 0, from: null, to: "c".repeat(40) },
          counts: { created: 0, changed: 1, deleted: 0, unchanged: 0 },
          objects: [
            {
              object: "apps/Deployment/shop/web",
              change: "changed",
              fields: [{ path: ".spec.replicas", was: "2", is: "\u001b[2J3" }],
            },
          ],
        },
      ],
      commits: [
        {
          ...{ subscription: "manifests", repoURL: "https://git.example/shop.git", direction: "forward" },
          ...{ from: "a".repeat(40), to: "c".repeat(40) },
          commits: [
            { commit: "c".repeat(40), subject: "three of them", author: { name: "ada", email: "a@b.c" }, at: NOW },
          ],
        },
      ],
      contents: [{ subscription: "web", was: "v1", is: "v2" }],
    });
    await at.execute(
      { type: "StartNext", stage: "staging", at: NOW },
      { type: "RecordDifference", promotion, digest: "d".repeat(64), blob: "difference", counts: NO_COUNTS },
    );
    const { code, out, err } = await at.sluice(["promotion", "diff", promotion, "--exit-code"]);
    expect(code).toBe(1);
    expect(out).toBe(
      "manifests: aaaaaaaa -> cccccccc (forward)\n+ cccccccc three of them (ada)\nweb: v1 -> v2\n" +
        "===== shop-staging on staging, wave 1\n  apps/Deployment/shop/web changed\n    .spec.replicas 2 -> ?[2J3\n",
    );
    expect(err).toContain("brave-otter in shop/staging changes 1 changed, 0 unchanged, in 1 application.");
  });

  it("is shown before it is asked for", async () => {
    const empty = { applications: [], commits: [], contents: [] };
    at.blobs.set("difference", {
      version: 1,
      pipeline: "shop",
      stage: "staging",
      release: OTTER.release,
      counts: NO_COUNTS,
      ...empty,
    });
    const { code, err } = await at.sluice("promote shop staging brave-otter --dry-run");
    expect({ code, err }).toEqual({
      code: 0,
      err: "brave-otter in shop/staging changes 1 changed, 0 unchanged, in 1 application.\n",
    });
    expect(at.table("promotions").size).toBe(0);
  });

  it("is judged with a verdict and a reason", async () => {
    const promotion = await asked("promote shop staging");
    expect((await at.sluice(["promotion", "judge", promotion, "--verdict", "successful"])).code).toBe(2);
    const nothing = await at.sluice(["promotion", "judge", promotion, "--verdict", "failed", "--reason", "x"]);
    expect(nothing).toMatchObject({ code: 5, err: expect.stringContaining("waits for a person") });
    await synced(promotion, "staging");
    const run = `${promotion}/verification`;
    await at.execute(
      { type: "StartVerification", promotion, run, at: NOW },
      {
        ...{ type: "CompleteVerification", promotion, run, at: NOW },
        phase: "Inconclusive",
        message: "no traffic",
        metrics: [],
      },
    );
    const why = await at.sluice("why shop/staging");
    expect(why.out).toContain("waits for a person to decide");
    expect(why.out).toContain(`next: sluice promotion judge ${promotion} --verdict successful`);
    expect((await at.sluice("pipeline get shop")).out).toContain("Verifying");
    const judged = await at.sluice(["promotion", "judge", promotion, "--verdict", "successful", "--reason", "night"]);
    expect(judged).toMatchObject({ code: 0, out: `promotion/${promotion} is judged\n` });
    expect((await at.sluice(["promotion", "get", promotion])).out).toContain("judged Successful by admin");
    expect((await at.sluice("why shop/staging")).out).not.toContain("waits for a person");
  });
});
