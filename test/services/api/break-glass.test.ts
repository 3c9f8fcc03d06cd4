import { beforeEach, describe, expect, it } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { apiInstance, application, CLUSTER } from "./instance.ts";

type Instance = Awaited<ReturnType<typeof apiInstance>>;
let at: Instance;
beforeEach(async () => {
  at = await apiInstance();
  await at.apply([CLUSTER, application("web")].join("---"));
});
const PATH = "/applications/web/break-glass";
const start = (body: object = {}) => at.call("POST", PATH, { for: "30m", reason: "incident", ...body });
const recorded = () => at.events.filter(({ event }) => event.type.startsWith("BreakGlass"));

describe("a break-glass", () => {
  it("is recorded with who started it, and answered with its end", async () => {
    const before = Date.now();
    const { status, body } = await start({ people: ["ada"] });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      application: "web",
      reason: "incident",
      people: ["ada"],
      then: "PutBack",
      changes: 0,
    });
    const until = Date.parse((body as { until: string }).until);
    expect(until - before).toBeGreaterThanOrEqual(30 * 60_000);
    expect(recorded()).toMatchObject([
      { event: { type: "BreakGlassStarted" }, actor: { kind: "user", name: "admin" } },
    ]);
  });

  it("is on once; then it is extended and ended", async () => {
    await start();
    expect((await start()).status).toBe(409);
    expect((await at.call("POST", `${PATH}/extend`, { for: "2h" })).status).toBe(200);
    const ended = await at.call("POST", `${PATH}/end`, {});
    expect(ended.body).toMatchObject({ ended: { why: "Ended", by: { name: "admin" } } });
    expect((await at.call("POST", `${PATH}/end`, {})).status).toBe(409);
    const types = recorded().map(({ event }) => event.type);
    expect(types).toEqual(["BreakGlassStarted", "BreakGlassExtended", "BreakGlassEnded"]);
  });

  it.each([
    ["too long", { for: "25h" }, "24 hours"],
    ["no time", { for: "soon" }, "duration"],
    ["no reason", { reason: " " }, "reason"],
    ["no branch to commit to", { then: "Commit" }, "branch"],
    ["a branch that is an option", { then: "Commit", branch: "--force" }, "branch"],
    ["an unknown field", { forever: true }, "forever"],
  ])("with %s is refused", async (_, body, about) => {
    const { status, text } = await start(body);
    expect(status).toBe(422);
    expect(text).toContain(about);
    expect(recorded()).toEqual([]);
  });

  it("that shall be committed to what can't be is refused at its start and not at its end", async () => {
    at.ports.breakGlass.checkCommit = async () => {
      throw new SluiceError("InvalidInput", "the source is a Helm chart");
    };
    const { status, text } = await start({ then: "Commit", branch: "fix" });
    expect(status).toBe(422);
    expect(text).toContain("Helm chart");
    expect(recorded()).toEqual([]);
  });

  it("of what is not there, or not on, is not found", async () => {
    expect((await at.call("POST", "/applications/nobody/break-glass", { for: "1m", reason: "x" })).status).toBe(404);
    expect((await at.call("GET", PATH)).status).toBe(404);
    expect((await at.call("GET", "/break-glass")).body).toEqual({ items: [] });
  });

  it("meets another writer: it is decided again on what that one wrote", async () => {
    let conflicts = 1;
    at.failures.appendAll = () => (conflicts-- > 0 ? new SluiceError("LedgerConflict", "moved") : undefined);
    expect((await start()).status).toBe(200);
  });
});
