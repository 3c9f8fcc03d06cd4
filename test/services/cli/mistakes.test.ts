import { afterAll, beforeAll, expect, it } from "vitest";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeAll(async () => {
  at = await cliWithServer();
  await at.apply(CLUSTER);
  await at.apply(application("web"));
});
afterAll(() => at.close());

it("events of a type that there is none of are a usage error, those of an unknown application are not found", async () => {
  expect(await at.sluice("events --type Nope")).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringContaining("no events of the type Nope"),
  });
  expect(await at.sluice("events -a nope")).toMatchObject({ code: 4, out: "" });
  expect(await at.sluice("events -a web --type ApplicationCreated")).toMatchObject({ code: 0 });
});

it("help of a command under another one is that command's", async () => {
  const { out, code } = await at.sluice("help app rollback");
  expect(code).toBe(0);
  expect(out).toBe((await at.sluice("app rollback --help")).out);
});

it("projects are listed beside their windows", async () => {
  expect((await at.sluice("proj list")).out).toBe((await at.sluice("get projects")).out);
});

it("what is wrong with a request is said once", async () => {
  const { err, code } = await at.sluice(["break-glass", "start", "web", "--for", "3d", "--reason", "x"]);
  expect(code).toBe(3);
  expect(err.match(/must be a duration/g)).toHaveLength(1);
});

it("a flag and its opposite are a usage error, and nothing is asked for", async () => {
  const before = at.published.length;
  const ran = await at.sluice("app sync web --prune --no-prune");
  expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("--prune and --no-prune contradict each other") });
  expect(at.published.length).toBe(before);
});

it("events of an object say what was done with it", async () => {
  const about = { object: "apps/Deployment/shop/web", by: { kind: "user", name: "ada" } } as const;
  const action = { ...about, request: "r", action: "scale" as const, parameters: {} };
  const meta = { at: "2026-01-01T00:00:00Z", actor: about.by, cause: "test", messageId: "scaled" };
  const ref = { type: "application" as const, name: "web" };
  at.record({ ref, expected: 0, events: [{ type: "ActionSucceeded", data: action }], meta } as never);
  const { out } = await at.sluice("events -a web --type ActionSucceeded");
  expect(out).toContain("ActionSucceeded application/web scale of apps/Deployment/shop/web");
});
