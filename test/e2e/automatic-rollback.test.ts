import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { application } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** Rollbacks that the policy asks for, on a cluster whose controllers run. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;

beforeAll(async () => {
  stack = await Stack.start();
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
});
afterAll(() => stack?.stop());

const deployment = (image: string): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: 1,
      progressDeadlineSeconds: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "web", image: `registry.example/${image}` }] },
      },
    },
  });

const policy = (rollback: object) => ({
  syncPolicy: { automated: { prune: true }, syncOptions: ["CreateNamespace=true"], rollback },
});

const imageOf = async (namespace: string): Promise<string> => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  return (await stack.cluster().request(path)).body.spec.template.spec.containers[0].image as string;
};

const dataOf = async (name: string, type: string): Promise<Record<string, unknown> | undefined> =>
  (await stack.events(name)).find((event) => event.type === type)?.data;

const rolledBack = (name: string, revision: string) =>
  until(
    `${name} back at ${revision.slice(0, 7)}`,
    async () => {
      const { status } = await stack.application(name);
      const [newest] = await stack.operations(name);
      const over = newest?.kind === "rollback" && newest.result === "Succeeded" && status.running === undefined;
      return over && status.deployed?.revision === revision && status;
    },
    120_000,
  );

describe("a sync that fails", () => {
  it("with a wrong image leads back to what was healthy, and stays there until a newer commit mends it", async () => {
    const name = "wrong-image";
    const first = await git.commit({ [`${name}/web.yaml`]: deployment("web:1") }, "right");
    await stack.apply(application(name, { repoURL, path: name }, policy({ onSyncFailed: true })));
    await stack.deployed(name, first);
    const second = await git.commit({ [`${name}/web.yaml`]: deployment("imagepullbackoff:2") }, "wrong");
    await stack.deliver("apps");

    const status = await rolledBack(name, first);
    expect(await imageOf(name)).toBe("registry.example/web:1");
    expect(status).toMatchObject({
      sync: { status: "OutOfSync", revision: second },
      health: { status: "Healthy" },
      excluded: [{ revision: second, reason: "SyncFailed", by: { kind: "system" } }],
    });
    const failed = await dataOf(name, "SyncFailed");
    expect(failed).toMatchObject({ revision: second, code: "HealthDegraded" });
    expect(await dataOf(name, "RollbackRequested")).toMatchObject({ cause: failed?.["operation"], revision: first });

    await stack.deliver("apps");
    const mended = await git.commit({ [`${name}/web.yaml`]: deployment("web:3") }, "mended");
    await stack.deliver("apps");
    const after = await stack.deployed(name, mended);
    expect(await imageOf(name)).toBe("registry.example/web:3");
    expect(after.status.excluded).toBeUndefined();
  });

  it("for the first time has nothing to go back to", async () => {
    const name = "first-wrong";
    await git.commit({ [`${name}/web.yaml`]: deployment("imagepullbackoff:1") }, "wrong at once");
    await stack.apply(application(name, { repoURL, path: name }, policy({ onSyncFailed: true })));
    await until(
      "the failure",
      async () => (await stack.operations(name)).some(({ result }) => result === "Failed"),
      90_000,
    );
    expect(await dataOf(name, "RollbackRequested")).toBeUndefined();
  });
});

describe("health that is lost", () => {
  const rollout = (text: string): string =>
    JSON.stringify({ apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata: { name: "web" }, spec: { text } });
  const path = (namespace: string) => `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/web`;
  const say = async (namespace: string, phase: string): Promise<void> => {
    const { body } = await stack.cluster().request(path(namespace));
    const observedGeneration = String(body.metadata.generation);
    const { status } = await stack.cluster().request(`${path(namespace)}/status`, {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      body: { status: { phase, message: `${phase} by the test`, observedGeneration } },
    });
    expect(status).toBe(200);
  };
  const specOf = async (namespace: string): Promise<string> =>
    (await stack.cluster().request(path(namespace))).body.spec.text as string;

  beforeAll(async () => {
    await stack.cluster().apply("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rollouts.argoproj.io", {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "rollouts.argoproj.io" },
      spec: {
        group: "argoproj.io",
        scope: "Namespaced",
        names: { plural: "rollouts", singular: "rollout", kind: "Rollout", listKind: "RolloutList" },
        versions: [
          {
            name: "v1alpha1",
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    });
  });

  it("soon after a sync leads back; by what was rolled back to, nowhere", async () => {
    const name = "health-lost";
    const first = await git.commit({ [`${name}/web.yaml`]: rollout("one") }, "one");
    await stack.apply(application(name, { repoURL, path: name }, policy({ onHealthLost: "10m" })));
    await until("the rollout", async () => (await stack.cluster().request(path(name))).status === 200);
    await say(name, "Healthy");
    await stack.deployed(name, first);
    const second = await git.commit({ [`${name}/web.yaml`]: rollout("two") }, "two");
    await stack.deliver("apps");
    await until("the second one", async () => (await specOf(name)) === "two");
    await say(name, "Healthy");
    await stack.deployed(name, second);

    await say(name, "Degraded");
    await until("the first one again", async () => (await specOf(name)) === "one");
    await say(name, "Healthy");
    const status = await rolledBack(name, first);
    expect(status.excluded).toMatchObject([{ revision: second, reason: "HealthLost" }]);

    await say(name, "Degraded");
    await until("the loss", async () => (await stack.application(name)).status.health.status === "Degraded");
    expect((await stack.events(name)).filter(({ type }) => type === "RollbackRequested")).toHaveLength(1);
    expect(await specOf(name)).toBe("one");
  });
});
