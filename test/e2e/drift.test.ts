import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyObject } from "../../adapters/embedded/kubernetes/api-client.ts";
import type { EventView } from "../../schemas/api/bodies.ts";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { application, configMap, openProject } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** What is changed by hand in a cluster, on real servers: known, told of in full, put back, or left alone in a break-glass. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;
let first: string;

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "registry.example/web:1" }] }
`;
const secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: { password: canary-desired }\n";
const NAMES = ["healed", "reported", "fought", "glass", "committed", "kustomized", "windowed"];

beforeAll(async () => {
  stack = await Stack.start();
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
  const files = NAMES.flatMap((name) => [
    [`${name}/web.yaml`, deployment],
    [`${name}/cm.yaml`, configMap("settings", { greeting: "one" })],
    [`${name}/secret.yaml`, secret],
  ]);
  const kustomization = "# ours\nresources: [web.yaml, cm.yaml, secret.yaml]\n";
  const all = { ...Object.fromEntries(files), "kustomized/kustomization.yaml": kustomization };
  first = await git.commit(all as Record<string, string>, "all");
  await stack.apply(windowedProject([]));
  for (const name of NAMES) {
    const automated = { prune: true, selfHeal: name !== "reported" };
    const project = name === "windowed" ? { project: "windowed" } : {};
    await stack.apply(
      application(
        name,
        { repoURL, path: name },
        { ...project, syncPolicy: { automated, syncOptions: ["CreateNamespace=true"] } },
      ),
    );
  }
  for (const name of NAMES) await stack.deployed(name, first);
}, 240_000);

afterAll(() => stack?.stop());

/** A project with sync windows. */
const windowedProject = (syncWindows: object[]): object => {
  const project = openProject("windowed") as { spec: object };
  return { ...project, spec: { ...project.spec, syncWindows } };
};

const path = (name: string, object: "deployments/web" | "configmaps/settings" | "secrets/key"): string =>
  `${object.startsWith("deploy") ? "/apis/apps/v1" : "/api/v1"}/namespaces/${name}/${object}`;

async function edit(at: string, body: object, manager = "kubectl-edit"): Promise<void> {
  const contentType = "application/merge-patch+json";
  const { status } = await stack
    .cluster()
    .request(`${at}?fieldManager=${manager}`, { method: "PATCH", contentType, body });
  expect(status).toBe(200);
}
const live = async (at: string): Promise<AnyObject> => (await stack.cluster().request(at)).body as AnyObject;
const said = async (name: string, type: string): Promise<EventView[]> =>
  (await stack.events(name)).filter((event) => event.type === type);
const event = (name: string, type: string, fits: (data: AnyObject) => boolean = () => true): Promise<AnyObject> =>
  until(
    `${type} of ${name}`,
    async () => (await said(name, type)).map(({ data }) => data as AnyObject).findLast(fits),
    30_000,
  );

describe("a change by hand", () => {
  it("of replicas is told with field, values, manager and time, and put back", async () => {
    const began = Date.now();
    await edit(path("healed", "deployments/web"), { spec: { replicas: 3 } });
    const { objects } = await event("healed", "DriftDetected");
    expect(objects).toMatchObject([
      {
        object: "apps/Deployment/healed/web",
        change: "modified",
        managers: ["kubectl-edit"],
        fields: [{ path: ".spec.replicas", was: "0", is: "3" }],
        authors: [{ manager: "kubectl-edit", operation: "Update" }],
      },
    ]);
    expect(Math.abs(Date.parse(objects[0].since) - began)).toBeLessThan(5_000);
    await until("the replicas", async () => (await live(path("healed", "deployments/web")))["spec"].replicas === 0);
    await until("its end", async () => (await stack.application("healed")).status.last?.trigger.type === "drift");
    await until("no drift", async () => (await stack.application("healed")).status.drift.length === 0);
  });

  it("of a Secret's value shows digests and no value", async () => {
    await edit(path("healed", "secrets/key"), { stringData: { password: "canary-edited" } });
    const { objects } = await event("healed", "DriftDetected", (data) => data["objects"][0].object.includes("Secret"));
    expect(objects[0].fields).toMatchObject([{ path: ".data.password" }]);
    expect(objects[0].fields[0].was).toMatch(/^"keyed:/);
    const password = Buffer.from("canary-desired").toString("base64");
    await until("the value", async () => (await live(path("healed", "secrets/key")))["data"].password === password);
    const everything = JSON.stringify(await stack.events("healed"));
    expect(everything).not.toMatch(/canary/);
    expect(everything).not.toContain(password);
  });

  it("that deletes an object brings it back", async () => {
    const before = (await live(path("healed", "configmaps/settings")))["metadata"].uid as string;
    await stack.cluster().request(path("healed", "configmaps/settings"), { method: "DELETE" });
    await event("healed", "DriftDetected", (data) => data["objects"][0].change === "deleted");
    const back = await until("the object", async () => {
      const found = await live(path("healed", "configmaps/settings"));
      return found["metadata"]?.uid !== undefined && found["metadata"].uid !== before && found;
    });
    expect(back["data"].greeting).toBe("one");
  });

  it("is only reported where the policy says so, since it was first seen", async () => {
    await edit(path("reported", "configmaps/settings"), { data: { greeting: "two" } });
    await event("reported", "DriftDetected");
    const { status } = await stack.application("reported");
    expect(status.sync.status).toBe("OutOfSync");
    expect(status.drift[0]?.fields).toEqual([{ path: ".data.greeting", was: '"one"', is: '"two"' }]);
    await edit(path("reported", "configmaps/settings"), { data: { greeting: "one" } });
    await event("reported", "DriftResolved");
    expect((await stack.application("reported")).status.sync.status).toBe("Synced");
  });

  it("is put back though the newest commit failed: what was deployed comes back", async () => {
    const broken = configMap("settings", { greeting: "two" }).replace("ConfigMap", "NoSuchKind");
    await git.commit({ "healed/cm.yaml": broken }, "broken");
    await stack.deliver("apps");
    await until("the failure", async () => (await stack.application("healed")).status.last?.result === "Failed");
    await edit(path("healed", "deployments/web"), { spec: { replicas: 4 } });
    await until("the replicas", async () => (await live(path("healed", "deployments/web")))["spec"].replicas === 0);
    expect((await live(path("healed", "configmaps/settings")))["data"].greeting).toBe("one");
    await until("its end", async () => (await stack.application("healed")).status.last?.trigger.type === "drift");
    expect((await stack.application("healed")).status.sync.status, "Git says something else").toBe("OutOfSync");
    await git.commit({ "healed/cm.yaml": configMap("settings", { greeting: "one" }) }, "mended");
    await stack.deliver("apps");
  });
});

it("a fight over an object is slowed down and names both sides", async () => {
  const fighting = setInterval(() => {
    void live(path("fought", "deployments/web")).then(async (object) => {
      if (object["spec"].replicas !== 0) return;
      await edit(path("fought", "deployments/web"), { spec: { replicas: 2 } }, "other-controller");
    });
  }, 100);
  try {
    const data = await event("fought", "FlappingDetected");
    expect(data).toMatchObject({
      objects: ["apps/Deployment/fought/web"],
      managers: ["sluice", "other-controller"],
      count: 3,
    });
    expect(Date.parse(data["nextAt"]) - Date.now()).toBeGreaterThan(30_000);
    const until3 = await said("fought", "RemediationRequested");
    expect(until3).toHaveLength(3);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await said("fought", "RemediationRequested")).toHaveLength(3);
  } finally {
    clearInterval(fighting);
  }
}, 60_000);

it("in a closed window drift waits, held once however often it is changed, and is put back when it opens", async () => {
  const closed = { kind: "deny", schedule: "0 0 1 * *", duration: "744h", applications: ["*"], clusters: ["*"] };
  await stack.apply(windowedProject([closed]));
  await edit(path("windowed", "deployments/web"), { spec: { replicas: 5 } });
  const held = await until("the hold", async () => (await stack.application("windowed")).status.held);
  expect(held.reason).toBe("SyncWindowClosed");
  expect(held.operation).toMatch(/^drift-/);
  await edit(path("windowed", "configmaps/settings"), { data: { greeting: "two" } });
  await event("windowed", "DriftDetected", (data) => data["objects"].length === 2);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect((await stack.application("windowed")).status.held?.operation).toBe(held.operation);
  expect(await said("windowed", "RemediationRequested")).toHaveLength(1);
  await stack.apply(windowedProject([]));
  await until("the replicas", async () => (await live(path("windowed", "deployments/web")))["spec"].replicas === 0);
  expect((await live(path("windowed", "configmaps/settings")))["data"].greeting).toBe("one");
}, 60_000);

describe("a break-glass", () => {
  const start = (name: string, body: object) =>
    stack.api<AnyObject>("POST", `/applications/${name}/break-glass`, { reason: "incident 42", ...body });

  it("suspends self-heal, records what is changed, and puts it back when it ends by itself", async () => {
    expect((await start("glass", { for: "8s" })).status).toBe(200);
    expect((await start("glass", { for: "8s" })).status).toBe(409);
    await edit(path("glass", "deployments/web"), { spec: { replicas: 7 } });
    expect(await event("glass", "ManualChangeRecorded")).toMatchObject({
      object: "apps/Deployment/glass/web",
      change: "modified",
      fields: [{ path: ".spec.replicas", was: "0", is: "7" }],
      authors: [{ manager: "kubectl-edit" }],
    });
    await edit(path("glass", "deployments/web"), { spec: { replicas: 8 } });
    await event("glass", "ManualChangeRecorded", (data) => data["fields"][0]?.is === "8");
    const { body } = await stack.api<AnyObject>("GET", "/break-glass");
    expect(body["items"]).toMatchObject([{ application: "glass", reason: "incident 42", changes: 2 }]);
    expect(await said("glass", "RemediationRequested")).toEqual([]);
    expect((await live(path("glass", "deployments/web")))["spec"].replicas).toBe(8);
    const ended = await event("glass", "BreakGlassEnded");
    expect(ended["why"]).toBe("Expired");
    expect(await event("glass", "BreakGlassResolved")).toMatchObject({ how: "PutBack" });
    await until("the replicas", async () => (await live(path("glass", "deployments/web")))["spec"].replicas === 0);
    expect((await stack.api("GET", "/applications/glass/break-glass")).status).toBe(404);
  }, 60_000);

  it("ends though every process of the server is killed while it is on", async () => {
    expect((await start("glass", { for: "6s" })).status).toBe(200);
    await edit(path("glass", "deployments/web"), { spec: { replicas: 9 } });
    await event("glass", "ManualChangeRecorded", (data) => data["fields"][0]?.is === "9");
    const before = (await said("glass", "BreakGlassResolved")).length;
    stack.server.kill("SIGKILL");
    await until("the resolution", async () => (await said("glass", "BreakGlassResolved")).length > before, 60_000);
    await until("the replicas", async () => (await live(path("glass", "deployments/web")))["spec"].replicas === 0);
    expect((await said("glass", "BreakGlassEnded")).at(-1)?.data["why"]).toBe("Expired");
  }, 90_000);

  it("holds new commits until an operator ends it", async () => {
    expect((await start("glass", { for: "10m" })).status).toBe(200);
    const revision = await git.commit({ "glass/cm.yaml": configMap("settings", { greeting: "two" }) }, "two");
    await stack.deliver("apps");
    const { held } = (
      await until("the hold", async () => {
        const found = await stack.application("glass");
        return found.status.held && found;
      })
    ).status;
    expect(held).toMatchObject({ reason: "BreakGlass" });
    expect((await live(path("glass", "configmaps/settings")))["data"].greeting).toBe("one");
    expect((await stack.api("POST", "/applications/glass/break-glass/end", {})).status).toBe(200);
    await stack.deployed("glass", revision);
    expect((await live(path("glass", "configmaps/settings")))["data"].greeting).toBe("two");
  }, 60_000);
});

describe("what was changed by hand", () => {
  const start = (name: string, body: object) =>
    stack.api<AnyObject>("POST", `/applications/${name}/break-glass`, { reason: "hot fix", for: "10m", ...body });
  const fileAt = (branch: string, file: string): Promise<string> => git.git("show", `${branch}:${file}`);

  it.each([
    { name: "committed", file: "committed/web.yaml", text: "  replicas: 6\n" },
    { name: "kustomized", file: "kustomized/break-glass-deployment-web.yaml", text: "  replicas: 6\n" },
  ])("in $name goes to a branch as a commit, which is then what is desired", async ({ name, file, text }) => {
    expect((await start(name, { then: "Commit", branch: "hotfix/web" })).status).toBe(200);
    await edit(path(name, "deployments/web"), { spec: { replicas: 6 } });
    await event(name, "ManualChangeRecorded");
    const { body } = await stack.api<AnyObject>("GET", `/applications/${name}/break-glass/diff`);
    expect(body["files"]).toContainEqual(
      expect.objectContaining({ path: file, change: expect.stringMatching(/created|changed/) }),
    );
    expect(
      (await stack.api("POST", `/applications/${name}/break-glass/end`, { then: "Commit", branch: `fix-${name}` }))
        .status,
    ).toBe(200);
    const resolved = await event(name, "BreakGlassResolved");
    expect(resolved).toMatchObject({ how: "Committed", branch: `fix-${name}` });
    expect(await fileAt(`fix-${name}`, file)).toContain(text);
    expect(await git.git("log", "-1", "--format=%an %s", `fix-${name}`)).toMatch(/^admin Take over what was changed/);
    // Followed from now on, the branch says what is there already.
    await stack.apply(
      application(
        name,
        { repoURL, path: name, targetRevision: `fix-${name}` },
        { syncPolicy: { automated: { selfHeal: true } } },
      ),
    );
    await stack.deployed(name, resolved["commit"] as string);
    expect((await live(path(name, "deployments/web")))["spec"].replicas).toBe(6);
  });

  it("in a Secret is not committed, and stays until somebody says what shall become of it", async () => {
    expect((await start("glass", { then: "Commit", branch: "secret-fix" })).status).toBe(200);
    await edit(path("glass", "secrets/key"), { stringData: { password: "canary-by-hand" } });
    await event("glass", "ManualChangeRecorded", (data) => (data["object"] as string).includes("Secret"));
    await stack.api("POST", "/applications/glass/break-glass/end", {});
    const resolved = await event("glass", "BreakGlassResolved", (data) => data["how"] === "Refused");
    expect(resolved["message"]).toContain("not written to Git");
    expect(JSON.stringify(await stack.events("glass"))).not.toContain("canary");
    const { body } = await stack.api<AnyObject>("GET", "/applications/glass/break-glass");
    expect(body["refused"]).toBe(resolved["message"]);
    const before = await said("glass", "BreakGlassResolved");
    await stack.api("POST", "/applications/glass/break-glass/end", { then: "PutBack" });
    await until("the resolution", async () => (await said("glass", "BreakGlassResolved")).length > before.length);
    const desired = Buffer.from("canary-desired").toString("base64");
    await until("the value", async () => (await live(path("glass", "secrets/key")))["data"].password === desired);
  });
});

it("objects that nobody owns are listed, the usual ones are not", async () => {
  await stack.cluster().request("/api/v1/namespaces/reported/configmaps", {
    method: "POST",
    body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "stray" }, data: { secret: "canary-stray" } },
  });
  const { status, body } = await stack.api<AnyObject>("GET", "/applications/reported/orphans");
  expect(status).toBe(200);
  expect(body["unread"]).toEqual([]);
  expect(body["items"].map((item: AnyObject) => `${item["kind"]}/${item["name"]}`)).toEqual(["ConfigMap/stray"]);
  expect(JSON.stringify(body)).not.toContain("canary");
});
