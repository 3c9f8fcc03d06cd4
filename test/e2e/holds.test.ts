import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { Dependency } from "../../schemas/kinds/application.ts";
import type { WindowView } from "../../schemas/api/bodies.ts";
import { application, configMap, deployment, openProject } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** What holds a sync back, and what lets it go on: windows and dependencies, on real servers. No controllers, so nothing gets healthy by itself. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;
let first: string;
let newest: string;

const NAMES = ["timed", "frozen", "urgent", "web", "db", "gated", "killed"];

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
  const files = Object.fromEntries(NAMES.map((name) => [`${name}/cm.yaml`, configMap(name, { version: "one" })]));
  first = await git.commit({ ...files, "db/deployment.yaml": deployment("db") }, "first");
});

afterAll(() => stack?.stop());

type Spec = { dependsOn?: Dependency[]; project?: string };

function app(name: string, more: Spec = {}): object {
  const base = application(name, { repoURL, path: name }) as { spec: object };
  return { ...base, spec: { ...base.spec, ...more } };
}

function project(name: string, more: object): object {
  const base = openProject(name) as { spec: object };
  return { ...base, spec: { ...base.spec, ...more } };
}

/** A deny window that is open now and closes so many seconds from now. */
function closingIn(seconds: number, more: object = {}) {
  const opened = new Date(Date.now() - 2 * 60_000);
  opened.setUTCSeconds(0, 0);
  const duration = Math.ceil((Date.now() - opened.getTime()) / 1_000) + seconds;
  const schedule = `${opened.getUTCMinutes()} ${opened.getUTCHours()} * * *`;
  return { kind: "deny", schedule, duration: `${duration}s`, applications: ["*"], ...more };
}

const held = (name: string, reason: string) =>
  until(`${name} is held`, async () => {
    const { held: hold } = (await stack.application(name)).status;
    return hold?.reason === reason && hold;
  });

const startOf = async (name: string) => (await stack.events(name)).find(({ type }) => type === "OperationStarted");

describe("a sync window", () => {
  it("holds a sync back, which runs by itself once it is over", async () => {
    await stack.apply(project("timed", { syncWindows: [closingIn(15)] }), app("timed", { project: "timed" }));
    const hold = await held("timed", "SyncWindowClosed");
    expect(await stack.operations("timed")).toEqual([]);
    expect(await stack.configMaps("timed")).toEqual({});
    await stack.deployed("timed", first);
    const start = await startOf("timed");
    expect(Date.parse(start!.at)).toBeGreaterThanOrEqual(Date.parse(hold.until!));
    expect((await stack.application("timed")).status.held).toBeUndefined();
  });

  it("lets go at once when the project's windows change, and is listed with where it stands", async () => {
    const nightly = closingIn(3_600, { description: "release freeze" });
    await stack.apply(project("frozen", { syncWindows: [nightly] }), app("frozen", { project: "frozen" }));
    const hold = await held("frozen", "SyncWindowClosed");
    expect(hold.message).toContain("release freeze");
    // It would bring something, and whoever asks meanwhile is not kept waiting.
    expect((await stack.application("frozen")).status.sync.status).toBe("OutOfSync");
    for (const [command, body, result] of [
      ["refresh", undefined, "Compared"],
      ["sync", { dryRun: true }, "DryRun"],
    ] as const) {
      const asked = await stack.api<{ operation: string }>("POST", `/applications/frozen/${command}`, body);
      const ended = await until(`the ${command}`, () => stack.operation("frozen", asked.body.operation));
      expect(ended.result).toBe(result);
    }
    await held("frozen", "SyncWindowClosed");
    const { body } = await stack.api<{ items: WindowView[] }>("GET", "/projects/frozen/windows");
    expect(body.items).toMatchObject([{ state: "Open", kind: "deny", closesAt: hold.until }]);
    const before = Date.now();
    await stack.apply(project("frozen", { syncWindows: [] }));
    await stack.deployed("frozen", first, 30_000);
    expect(Date.now() - before).toBeLessThan(30_000);
  });

  it("is overridden by a role, on record, and by nobody else", async () => {
    const window = closingIn(3_600, { overrideRoles: ["sre"] });
    const roles = (members: string[]) =>
      project("urgent", { syncWindows: [window], roles: [{ name: "sre", members }] });
    await stack.apply(roles(["ada"]), app("urgent", { project: "urgent" }));
    await held("urgent", "SyncWindowClosed");
    const body = { overrideWindow: { reason: "payments are down" } };
    const refused = await stack.api<{ detail: string }>("POST", "/applications/urgent/sync", body);
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toContain("admin may not override");

    await stack.apply(roles(["ada", "admin"]));
    expect((await stack.api("POST", "/applications/urgent/sync", body)).status).toBe(202);
    await stack.deployed("urgent", first);
    const overridden = (await stack.events("urgent")).find(({ type }) => type === "SyncWindowOverridden");
    expect(overridden?.data).toMatchObject({ reason: "payments are down", by: { name: "admin" } });
    const [operation] = await stack.operations("urgent");
    expect(operation).toMatchObject({ overridden: { reason: "payments are down" }, options: body });
  });
});

describe("a dependency", () => {
  const becomeHealthy = () =>
    until("the Deployment has its status", async () => {
      const path = "/apis/apps/v1/namespaces/db/deployments/db";
      const { body } = await stack.cluster().request(path);
      const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
      const conditions = [{ type: "Available", status: "True", reason: "MinimumReplicasAvailable", message: "" }];
      const status = { ...counts, conditions, observedGeneration: body.metadata.generation as number };
      const answer = await stack.cluster().request(`${path}/status`, { method: "PUT", body: { ...body, status } });
      return answer.status === 200;
    });

  it("holds a sync until the other application is healthy, and lets go by its event", async () => {
    await stack.apply(app("db"), app("web", { dependsOn: [{ application: "db" }] }));
    await held("web", "DependencyNotReady");
    await until("db waits for health", async () => (await stack.application("db")).status.running !== undefined);
    expect(await stack.operations("web")).toEqual([]);
    await becomeHealthy();
    await stack.deployed("db", first);
    const ready = Date.now();
    await stack.deployed("web", first, 30_000);
    expect(Date.now() - ready).toBeLessThan(15_000);
  });

  it("is not taken for ready by what was true before the same push", async () => {
    const files = {
      "db/cm.yaml": configMap("db", { version: "two" }),
      "web/cm.yaml": configMap("web", { version: "two" }),
    };
    newest = await git.commit(files, "both at once");
    await stack.deliver("apps");
    await stack.deployed("db", newest);
    await stack.deployed("web", newest);
    const ended = (await stack.events("db")).findLast(({ type }) => type === "SyncSucceeded");
    const began = (await stack.events("web")).findLast(({ type }) => type === "OperationStarted");
    expect(began!.sequence).toBeGreaterThan(ended!.sequence);
  });

  it("on an object is judged by its expression, as soon as the object changes", async () => {
    const resource = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "gate" };
    await stack.apply(app("gated", { dependsOn: [{ resource, readyExpr: 'object.data.go == "yes"' }] }));
    const absent = await held("gated", "DependencyNotReady");
    expect(absent.message).toContain("it is not there");
    const gate = (go: string) => JSON.parse(configMap("gate", { go })) as object;
    const path = "/api/v1/namespaces/default/configmaps";
    await stack.cluster().request(path, { method: "POST", body: gate("no") });
    await until("the other reason", async () =>
      (await stack.application("gated")).status.held?.message.includes("readyExpr is not true"),
    );
    const before = Date.now();
    await stack.cluster().request(`${path}/gate`, { method: "PUT", body: gate("yes") });
    await stack.deployed("gated", newest, 30_000);
    expect(Date.now() - before).toBeLessThan(30_000);
  });

  it("that came while everything was down is found when it is up again", async () => {
    const resource = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "late" };
    await stack.apply(app("killed", { dependsOn: [{ resource }] }));
    await held("killed", "DependencyNotReady");
    stack.server.kill("SIGKILL");
    const late = JSON.parse(configMap("late", {})) as object;
    await stack.cluster().request("/api/v1/namespaces/default/configmaps", { method: "POST", body: late });
    await stack.deployed("killed", newest, 90_000);
    const holds = (await stack.events("killed")).filter(({ type }) => type === "OperationHeld");
    expect(holds).toHaveLength(1);
  });

  it("is not deleted while others wait for it, unless by force", async () => {
    const refused = await stack.api<{ detail: string }>("DELETE", "/applications/db");
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain("web");
    const cycle = await stack.api<{ problems: { message: string; line: number }[] }>("POST", "/apply", {
      files: [
        { file: "cycle.yaml", text: JSON.stringify(app("db", { dependsOn: [{ application: "web" }] }), null, 2) },
      ],
    });
    expect(cycle.status).toBe(422);
    expect(cycle.body.problems).toMatchObject([{ message: expect.stringContaining("db -> web -> db") }]);
    expect((await stack.api("DELETE", "/applications/db?force=true")).status).toBe(202);
  });
});
