import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { ActionAccepted, ResourceActions } from "../../schemas/api/rollback-routes.ts";
import { application } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** Actions on objects of an application, on a cluster whose controllers run. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;
const name = "web";

const deployment = (app: string, image = "registry.example/web:1", replicas?: number): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: app },
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: { containers: [{ name: "main", image }] } },
    },
  });

const cronJob = JSON.stringify({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "nightly" },
  spec: {
    schedule: "0 3 * * *",
    jobTemplate: {
      spec: {
        template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "registry.example/job:1" }] } },
      },
    },
  },
});

beforeAll(async () => {
  stack = await Stack.start();
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
  const revision = await git.commit(
    {
      "web/free.yaml": deployment("free"),
      "web/fixed.yaml": deployment("fixed", undefined, 2),
      "web/cron.yaml": cronJob,
    },
    "all",
  );
  const automated = { prune: true, selfHeal: true };
  const syncPolicy = { automated, syncOptions: ["CreateNamespace=true"] };
  await stack.apply(application(name, { repoURL, path: "web" }, { syncPolicy }));
  await stack.deployed(name, revision);
});
afterAll(() => stack?.stop());

const objectAt = async (path: string) => (await stack.cluster().request(path)).body;
const deploymentOf = (of: string) => objectAt(`/apis/apps/v1/namespaces/${name}/deployments/${of}`);

async function run(action: string, kind: string, of: string, parameters: Record<string, string> = {}, app = name) {
  const { status, body } = await stack.api<ActionAccepted>("POST", `/applications/${app}/actions`, {
    ...{ action, kind, name: of, parameters },
  });
  expect(status, JSON.stringify(body)).toBe(202);
  const event = await until(`what came of ${action}`, async () =>
    (await stack.events(app)).find(({ data }) => data["request"] === body.operation),
  );
  return { event, accepted: body };
}

describe("an action", () => {
  it("restarts a Deployment as kubectl does: new pods, no drift, an event with its author", async () => {
    const before = await deploymentOf("free");
    const { event, accepted } = await run("restart", "Deployment", "free");
    expect(event).toMatchObject({
      type: "ActionSucceeded",
      actor: { name: "admin" },
      data: { action: "restart", object: `apps/Deployment/${name}/free`, by: { kind: "user", name: "admin" } },
    });
    expect(accepted.warnings).toEqual([]);
    const after = await deploymentOf("free");
    expect(after.metadata.generation).toBe(before.metadata.generation + 1);
    expect(after.spec.template.metadata.annotations).toHaveProperty(["kubectl.kubernetes.io/restartedAt"]);
    await until("new pods", async () => {
      const { status, metadata } = await deploymentOf("free");
      return (
        status.observedGeneration === metadata.generation && status.updatedReplicas === 1 && status.readyReplicas === 1
      );
    });
    await until("healthy again", async () => {
      const { status } = await stack.application(name);
      return status.health.status === "Healthy" && status.drift.length === 0 && status.sync.status === "Synced";
    });
  });

  it("scales what Git leaves open, and it stays so", async () => {
    const { accepted } = await run("scale", "Deployment", "free", { replicas: "3" });
    expect(accepted.warnings).toEqual([]);
    await until("three pods", async () => (await deploymentOf("free")).status.readyReplicas === 3);
    const { body } = await stack.api<{ operation: string }>("POST", `/applications/${name}/sync`, {});
    await stack.ended(name, body.operation);
    expect((await deploymentOf("free")).spec.replicas).toBe(3);
  });

  it("that changes what Git sets says so beforehand, and is put back by self-heal", async () => {
    const { accepted, event } = await run("scale", "Deployment", "fixed", { replicas: "5" });
    expect(accepted.warnings).toEqual([expect.stringContaining("self-heal")]);
    expect(event.type).toBe("ActionSucceeded");
    await until("two again", async () => (await deploymentOf("fixed")).spec.replicas === 2);
  });

  it("makes one Job of a CronJob, under a name of the request", async () => {
    const { event } = await run("create-job", "CronJob", "nightly");
    const created = String(event.data["created"]);
    expect(created).toMatch(new RegExp(`^batch/Job/${name}/nightly-[0-9a-f]{8}$`));
    const { items } = await objectAt(`/apis/batch/v1/namespaces/${name}/jobs`);
    expect(items).toHaveLength(1);
    expect(items[0].metadata.ownerReferences[0]).toMatchObject({ kind: "CronJob", name: "nightly" });
  });

  it("runs beside a sync that waits for health", async () => {
    await git.commit({ "waits/slow.yaml": deployment("slow", "registry.example/imagepullbackoff:1") }, "slow");
    await stack.apply(application("waits", { repoURL, path: "waits" }));
    const running = await until("the sync that waits", async () => {
      const { status } = await stack.application("waits");
      const slow = await stack.cluster().request("/apis/apps/v1/namespaces/waits/deployments/slow");
      return slow.status === 200 && status.running;
    });
    const { event } = await run("restart", "Deployment", "slow", {}, "waits");
    expect(event.type).toBe("ActionSucceeded");
    expect((await stack.application("waits")).status.running).toBe(running);
    await git.commit({ "waits/slow.yaml": deployment("slow") }, "mended");
    await stack.deliver("apps");
    await until(
      "the newer commit",
      async () => (await stack.application("waits")).status.deployed !== undefined,
      90_000,
    );
  });

  it("that can't be done now is on record with the reason", async () => {
    const { accepted, event } = await run("pause", "Deployment", "free");
    expect(accepted.object).toBe(`apps/Deployment/${name}/free`);
    expect(event.type).toBe("ActionSucceeded");
    expect((await deploymentOf("free")).spec.paused).toBe(true);
    const refused = await run("restart", "Deployment", "free");
    expect(refused.event).toMatchObject({ type: "ActionFailed", data: { code: "Conflict" } });
    expect(refused.event.data["message"]).toContain("resume it first");
    await run("resume", "Deployment", "free");
    expect((await deploymentOf("free")).spec.paused ?? false).toBe(false);
  });
});

describe("the list of actions", () => {
  it("has every object that has some, and which can be done now", async () => {
    const { body } = await stack.api<{ items: ResourceActions[] }>("GET", `/applications/${name}/actions`);
    expect(body.items.map(({ kind, name: of }) => `${kind} ${of}`).toSorted()).toEqual([
      "CronJob nightly",
      "Deployment fixed",
      "Deployment free",
    ]);
    const one = await stack.api<{ items: ResourceActions[] }>("GET", `/applications/${name}/actions?kind=CronJob`);
    expect(one.body.items[0]?.actions).toEqual([
      { action: "create-job", enabled: true },
      { action: "suspend", enabled: true },
      { action: "resume", enabled: false, reason: "it is not suspended" },
    ]);
  });

  it.each([
    [{ action: "restart", kind: "Deployment", name: "nobody" }, 404],
    [{ action: "scale", kind: "CronJob", name: "nightly", parameters: { replicas: "1" } }, 422],
    [{ action: "scale", kind: "Deployment", name: "free", parameters: { replicas: "x" } }, 422],
    [{ action: "explode", kind: "Deployment", name: "free" }, 422],
  ])("and what is not on it is refused at once: %j", async (body, status) => {
    expect((await stack.api("POST", `/applications/${name}/actions`, body)).status).toBe(status);
  });
});
