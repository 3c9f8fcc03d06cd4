import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serverHelp } from "../../../services/cli/server-help.ts";
import type { Noted } from "../../../domain/application/command.ts";
import type { ApplicationView } from "../../../schemas/views.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

/** What is said where a command did something else than it was thought to do. */

let at: Awaited<ReturnType<typeof cliWithServer>>;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-messages-"));
  at = await cliWithServer();
  await at.apply([CLUSTER, application("web")].join("---"));
});
afterAll(async () => {
  await at.close();
  rmSync(dir, { recursive: true });
});

const view = (change: Partial<ApplicationView>): void => {
  const rows = at.table("applications");
  rows.set("web", { ...(rows.get("web") as ApplicationView), ...change });
};

it("a filter that leaves nothing is not taken for an empty server", async () => {
  for (const line of ["app list -l team=none", "app list -l team", "get apps -l team=none"]) {
    expect(await at.sluice(line)).toEqual({ code: 0, out: "", err: "No application matches.\n" });
  }
});

it("a project or a cluster that there is none of, and what is no selector, are mistakes", async () => {
  expect(await at.sluice("app list --project none")).toMatchObject({ code: 4, out: "" });
  expect(await at.sluice("app list --cluster none")).toMatchObject({ code: 4, out: "" });
  for (const line of [
    ["app", "list", "-l", "a in"],
    ["get", "apps", "-l", "a in"],
  ]) {
    expect(await at.sluice(line)).toMatchObject({ code: 2, err: expect.stringContaining("a in is not a selector") });
  }
});

it("an unknown kind is answered with all that can be got, deliveries too", async () => {
  expect((await at.sluice("get foo")).err).toContain("sluice get deliveries");
  expect((await at.sluice("get Deliveries")).code).toBe(0);
});

it("a terminate says what runs, and asks all the same", async () => {
  const idle = await at.sluice("app terminate web");
  expect(idle).toMatchObject({ code: 0, err: "No operation of web is running now.\n" });
  expect(at.published.at(-1)?.message).toMatchObject({ command: "terminate", application: "web" });
  view({ running: "sync-1" });
  expect((await at.sluice("app terminate web --operation sync-0")).err).toBe("sync-1 is running now.\n");
  expect((await at.sluice("app terminate web --operation sync-1")).err).toBe("");
});

it("what an operation noted of an object is said once", async () => {
  const noted: Noted[] = [
    { object: "/Service/shop/web", reason: "ApplyFailed", message: "422 Invalid" },
    { object: "/ConfigMap/shop/old", reason: "PruneDisabled", message: "it is no longer in Git" },
  ];
  const health = { status: "Missing" as const, since: new Date().toISOString(), objects: noted.slice(0, 1) };
  const last = {
    id: "sync-1",
    application: "web",
    kind: "sync" as const,
    trigger: { type: "manual" as const, actor: { kind: "user" as const, name: "admin" }, cause: "c" },
    result: "Failed" as const,
    noted,
    endedAt: health.since,
    firstSequence: 1,
    lastSequence: 2,
  };
  view({ health, last });
  const { out } = await at.sluice("app get web");
  expect(out.match(/422 Invalid/g)).toHaveLength(1);
  expect(out).toContain("Noted:        /ConfigMap/shop/old it is no longer in Git\n");
});

it("problems stand in the order of the file", async () => {
  const file = join(dir, "bad.yaml");
  writeFileSync(file, `${application("bad", "zoject: none")}  syncPolicy:\n    timeout: 5 minutes\n  alien: 1\n`);
  const { err } = await at.sluice(["apply", "-f", file]);
  const lines = [...err.matchAll(/bad\.yaml:(\d+):/g)].map(([, line]) => Number(line));
  expect(lines).toHaveLength(3);
  expect(lines).toEqual(lines.toSorted((one, other) => one - other));
});

it("problems of what a command made have a path, and no place in a text that nobody has", async () => {
  expect(await at.sluice("repo add not-an-address")).toMatchObject({
    code: 3,
    err: expect.stringMatching(/^error: 1 problem; nothing was applied\n {2}spec\.url: /),
  });
});

it("events say what drifted, and who did it", async () => {
  const objects = [
    { object: "apps/Deployment/shop/web", uid: "u", change: "modified" as const, managers: ["kubectl-scale"] },
    { object: "/Service/shop/web", uid: null, change: "deleted" as const, managers: [] },
  ];
  at.record({
    ref: { type: "application", name: "web" },
    expected: { sequence: 0, hash: "" },
    events: [{ type: "DriftDetected", data: { inventory: "i", objects } }],
    meta: { at: new Date().toISOString(), actor: { kind: "system", name: "w" }, cause: "c", messageId: "m" },
  });
  expect((await at.sluice("events --type DriftDetected")).out).toMatch(
    /application\/web apps\/Deployment\/shop\/web modified by kubectl-scale, \/Service\/shop\/web deleted\n$/,
  );
});

it("the help of the server says what its settings mean", () => {
  expect(serverHelp()).toMatch(/--data-dir <value> +Folder of everything that is kept.* \(SLUICE_DATA_DIR\)\n/);
});

it("what a get of several objects prints can be applied again", async () => {
  const { out: stdin } = await at.sluice("get apps -o yaml");
  expect((await at.sluice("apply -f -", { stdin })).out).toBe("application/web unchanged\n");
});
