import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connectTemporal, type TemporalClient } from "../../../adapters/temporal/connection.ts";
import { freshBundle } from "../../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../../adapters/temporal/runtime.ts";
import type { Approval } from "../../../schemas/kinds/gate.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { connected } from "../nats/connected.ts";
import { openApprovals, openSetting, PEOPLE } from "./approval-stage.ts";

const log = pino({ level: "silent" });
let servers: TestServers<{ temporal: true }>;
let nats: Awaited<ReturnType<typeof connected>>;
let temporal: TemporalClient;
let setting: Awaited<ReturnType<typeof openSetting>>;
let dir: string;

beforeAll(async () => {
  installRuntime({ log });
  [servers, nats] = await Promise.all([testServers({ temporal: true }), connected()]);
  dir = await mkdtemp(join(tmpdir(), "sluice-approvals-"));
  const { address } = servers.temporal;
  temporal = await connectTemporal({ address, namespace: "default", log });
  const bundle = await freshBundle({ cacheDir: dir, log });
  setting = await openSetting(nats, { client: temporal.client, address, bundle });
}, 120_000);
afterAll(async () => {
  await setting?.close();
  await temporal?.close();
  await nats?.close();
  await servers?.stop();
  await rm(dir, { recursive: true, force: true });
});

const eventually = <Value>(probe: () => Promise<Value>) => expect.poll(probe, { timeout: 30_000, interval: 50 });

/** A promotion that asks. */
async function asking(approval: Partial<Approval>) {
  const stage = await openApprovals(setting, approval);
  onTestFinished(() => stage.stop());
  await eventually(stage.types).toContain("ApprovalRequested");
  // The API answers by views, which follow the ledger.
  await eventually(async () => (await stage.approve("eve", { gate: "none" })).body["detail"]).toContain("no gate none");
  return stage;
}
const counted = async (stage: Awaited<ReturnType<typeof asking>>, type: string): Promise<number> =>
  (await stage.types()).filter((one) => one === type).length;
const statuses = (answers: readonly { status: number }[]) =>
  answers.map(({ status }) => status).toSorted((one, other) => one - other);
const confirmation = (html: string): string => /name="confirmation" value="([^"]+)"/.exec(html)?.[1] ?? "";

describe("on the real ledger and the real Temporal server", { timeout: 120_000 }, () => {
  test("a double click is one yes, whoever clicks how often", async () => {
    const stage = await asking({ required: 2 });
    const clicks = await Promise.all(Array.from({ length: 10 }, () => stage.approve("ada")));
    expect(statuses(clicks)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(clicks.filter(({ body }) => body["changed"] === true)).toHaveLength(1);
    expect(await counted(stage, "ApprovalGiven")).toBe(1);
    expect((await stage.approve("ada")).body).toMatchObject({ changed: false });
    expect(await counted(stage, "ApprovalGiven")).toBe(1);
    expect((await stage.state()).phase).toBe("Waiting");
  });

  test("a quorum that is met by everybody at once lets it move once, and counts each person once", async () => {
    const stage = await asking({ required: 3 });
    const answers = await Promise.all([...PEOPLE, ...PEOPLE].map((name) => stage.approve(name)));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    await eventually(() => counted(stage, "PromotionMoved")).toBe(1);
    const given = (await stage.events()).flatMap((event) =>
      event.type === "ApprovalGiven" ? [event.data.by.name] : [],
    );
    expect(given.length).toBeGreaterThanOrEqual(3);
    expect(new Set(given).size).toBe(given.length);
    const types = await stage.types();
    expect(
      types.slice(0, types.indexOf("PromotionMoved")).filter((type) => type === "ApprovalGiven").length,
    ).toBeGreaterThanOrEqual(3);
  });

  test.each([1, 2, 3, 4])("a yes against a no at the same moment is one of them, never both (%i)", async (round) => {
    const stage = await asking({ required: 1 });
    const both = [() => stage.approve("ada"), () => stage.reject("bob")];
    const [first, second] = await Promise.all((round % 2 === 0 ? both : both.toReversed()).map((say) => say()));
    expect([first?.status, second?.status]).toContain(200);
    await eventually(async () => {
      const types = await stage.types();
      return types.includes("PromotionMoved") || types.includes("ApprovalRejected");
    }).toBe(true);
    const types = await stage.types();
    expect(types.filter((type) => type === "PromotionMoved" || type === "ApprovalRejected")).toHaveLength(1);
    if (types.includes("ApprovalRejected")) {
      expect((await stage.state()).result).toBe("Failed");
      expect((await stage.approve("cid")).status).toBe(409);
    }
  });

  test("authors of the release and who started it don't approve, and may say no; others are not asked", async () => {
    const stage = await asking({ required: 1 });
    for (const name of ["starter", "grace"]) {
      expect(await stage.approve(name)).toMatchObject({ status: 403, body: { code: "Forbidden" } });
    }
    expect(await counted(stage, "ApprovalGiven")).toBe(0);
    expect((await stage.reject("grace")).status).toBe(200);
    expect((await stage.state()).phase).toBe("Ended");
  });

  test("a yes to what has changed since is refused, and what was said before is void", async () => {
    const stage = await asking({ required: 2 });
    expect((await stage.approve("ada")).status).toBe(200);
    await stage.differ("e");
    await eventually(stage.types).toContain("ApprovalsVoided");
    await eventually(() => counted(stage, "ApprovalRequested")).toBe(2);
    expect(await stage.approve("bob", { difference: "d".repeat(64) })).toMatchObject({ status: 409 });
    for (const name of ["bob", "cid"]) expect((await stage.approve(name)).status).toBe(200);
    await eventually(stage.types).toContain("PromotionMoved");
    const moved = (await stage.events()).filter((event) => event.type === "ApprovalGiven").map(({ data }) => data);
    expect(moved.map((data) => ("by" in data ? data.by : undefined))).toMatchObject([
      { name: "ada" },
      { name: "bob" },
      { name: "cid" },
    ]);
  });

  test("a yes that expired can be said again, and counts again", async () => {
    const stage = await asking({ required: 2, expiresAfter: "1h" });
    expect((await stage.approve("ada")).body).toMatchObject({ changed: true });
    await stage.pass(3_600_000);
    await eventually(stage.types).toContain("ApprovalsVoided");
    expect((await stage.state()).approvals).toEqual([]);
    await eventually(async () => (await stage.approve("ada")).body["changed"]).toBe(true);
    expect((await stage.state()).approvals.map(({ by }) => by.name)).toEqual(["ada"]);
    expect((await stage.approve("bob")).status).toBe(200);
    await eventually(stage.types).toContain("PromotionMoved");
  });

  test("a word said while no worker is there is recorded once one is, once", async () => {
    const stage = await asking({ required: 2 });
    await stage.stopWorker();
    const waiting = Promise.all([stage.approve("ada"), stage.approve("ada"), stage.approve("bob")]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await counted(stage, "ApprovalGiven")).toBe(0);
    await stage.startWorker();
    expect(statuses(await waiting)).toEqual([200, 200, 200]);
    expect(await counted(stage, "ApprovalGiven")).toBe(2);
    await eventually(() => counted(stage, "PromotionMoved")).toBe(1);
  });

  test("a link in two windows decides once, in one of them one way, and never again", async () => {
    const stage = await asking({ required: 2 });
    const path = await stage.linkOf("ada");
    const fields = { confirmation: confirmation((await stage.page(path)).body) };
    const [yes, no] = await Promise.all([
      stage.post(path, { ...fields, verdict: "approve" }),
      stage.post(path, { ...fields, verdict: "reject", comment: "no" }),
    ]);
    expect([yes.statusCode, no.statusCode].toSorted((one, other) => one - other)).toEqual([200, 409]);
    const types = await stage.types();
    expect(types.filter((type) => type === "ApprovalGiven" || type === "ApprovalRejected")).toHaveLength(1);
    await eventually(async () => (await stage.page(path)).statusCode).toBe(409);
    for (const verdict of ["approve", "reject"]) {
      expect((await stage.post(path, { ...fields, verdict, comment: "again" })).statusCode).toBe(409);
    }
    expect(await stage.types()).toEqual(types);
  });

  test("a link of somebody who has left since, or is asked no more, decides nothing", async () => {
    const stage = await asking({ required: 2 });
    const paths = [await stage.linkOf("cid"), await stage.linkOf("dan")];
    const posted = async (path: string | undefined, verdict: string) => {
      const { body } = await stage.page(path!);
      return (await stage.post(path!, { confirmation: confirmation(body), verdict, comment: "x" })).statusCode;
    };
    await stage.describe("cid", { disabled: true });
    await stage.describe("dan", { groups: ["dev"] });
    onTestFinished(async () => {
      await stage.describe("cid", {});
      await stage.describe("dan", {});
    });
    for (const path of paths) {
      for (const verdict of ["approve", "reject"]) expect(await posted(path, verdict)).toBe(403);
    }
    // The token of who left is taken no more; who is asked no more is told so.
    await eventually(async () => (await stage.approve("cid")).status).toBe(401);
    expect((await stage.approve("dan")).status).toBe(403);
    expect(await stage.types()).not.toContain("ApprovalGiven");
    expect((await stage.state()).phase).toBe("Waiting");
  });

  test("with the ledger's server killed while everybody says yes, what was answered counts, and each once", async () => {
    const stage = await asking({ required: PEOPLE.length });
    const kill = () => process.kill(nats.nats.process.pid as number, "SIGKILL");
    const answered: string[] = [];
    const insist = async (name: string): Promise<void> => {
      for (let tries = 0; tries < 200; tries += 1) {
        const { status } = await stage.approve(name);
        if (status === 200) answered.push(name);
        // Past its gates: somebody's word was the last that was missing.
        if (status === 200 || (status === 409 && answered.length + 1 >= PEOPLE.length)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`${name} was never answered`);
    };
    kill();
    const saying = Promise.all([...PEOPLE, ...PEOPLE].map(insist));
    for (const pause of [300, 700]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      kill();
    }
    await saying;
    await eventually(() => counted(stage, "PromotionMoved")).toBe(1);
    const given = (await stage.events()).flatMap((event) =>
      event.type === "ApprovalGiven" ? [event.data.by.name] : [],
    );
    expect(given.toSorted()).toEqual([...PEOPLE].toSorted());
    for (const name of answered) expect(given).toContain(name);
  });

  test("a link clicked ten times says yes once", async () => {
    const stage = await asking({ required: 2 });
    const path = await stage.linkOf("ada");
    const fields = { confirmation: confirmation((await stage.page(path)).body), verdict: "approve" };
    const answers = await Promise.all(Array.from({ length: 10 }, () => stage.post(path, fields)));
    for (const { statusCode } of answers) expect([200, 409]).toContain(statusCode);
    expect(await counted(stage, "ApprovalGiven")).toBe(1);
    const [given] = (await stage.events()).filter((event) => event.type === "ApprovalGiven");
    expect(given).toMatchObject({ data: { via: "link", by: { name: "ada" }, groups: ["sre"] } });
  });
});
