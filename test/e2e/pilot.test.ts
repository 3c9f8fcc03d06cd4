import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { WhyAnswer } from "../../schemas/api/bodies.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** The failures that a pilot of the product tries first, each with what `sluice why` says of it, on a cluster with controllers. */

const GOOD = "registry.example/web:1";
const WRONG = "registry.example/imagepullbackoff:1";

let stack: Stack;
let repoURL: string;
let git: GitFixture;

const deployment = (image: string, replicas: unknown = 2): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "web", image }] },
      },
    },
  });

const files = (folder: string, image: string, replicas?: unknown): Record<string, string> => ({
  [`${folder}/deployment.yaml`]: deployment(image, replicas),
  [`${folder}/cm.yaml`]: configMap("settings", { greeting: "hello" }),
});

const automated = (selfHeal: boolean) => ({
  syncPolicy: { automated: { prune: true, selfHeal }, syncOptions: ["CreateNamespace=true"] },
});

beforeAll(async () => {
  stack = await Stack.start();
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("pilot"));
  const first = await git.commit({ ...files("web", GOOD), ...files("healed", GOOD) }, "two that run");
  await stack.apply(
    application("web", { repoURL, path: "web" }, automated(false)),
    application("healed", { repoURL, path: "healed" }, automated(true)),
  );
  for (const name of ["web", "healed"]) await stack.deployed(name, first);
});

afterAll(() => stack?.stop());

async function push(changes: Record<string, string | null>): Promise<string> {
  const revision = await git.commit(changes, "a change");
  expect(await stack.push("pilot")).toBe(202);
  return revision;
}

const why = async (name: string): Promise<WhyAnswer> =>
  (await stack.api<WhyAnswer>("GET", `/applications/${name}/why`)).body;

/** The answer once it tells of this. */
const whyOnce = (name: string, text: string): Promise<WhyAnswer["causes"][number]> =>
  until(`why ${name} tells of ${text}`, async () => {
    const answer = await why(name);
    const cause = answer.causes.find(({ message }) => message.includes(text));
    if (!cause) throw new Error(JSON.stringify(answer));
    return cause;
  });

const replicasOf = async (namespace: string): Promise<number> => {
  const { body } = await stack.cluster().request(`/apis/apps/v1/namespaces/${namespace}/deployments/web`);
  return body.spec.replicas as number;
};

/** As `kubectl scale` does it: an update by another field manager. */
const scale = (namespace: string, replicas: number) =>
  stack.cluster().request(`/apis/apps/v1/namespaces/${namespace}/deployments/web?fieldManager=kubectl-scale`, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: { spec: { replicas } },
  });

describe("a wrong image", () => {
  it("keeps the sync waiting, is named with its pod, and the next commit takes its place", async () => {
    const wrong = await push(files("web", WRONG));
    const cause = await whyOnce("web", "ImagePullBackOff");
    expect(cause).toMatchObject({
      object: "apps/Deployment/web/web",
      next: expect.stringMatching(/^kubectl -n web describe pod web-/),
    });
    const fixed = await push(files("web", GOOD, 3));
    await stack.deployed("web", fixed);
    expect((await stack.application("web")).status.health.status).toBe("Healthy");
    const results = (await stack.operations("web"))
      .filter(({ revision }) => revision === wrong)
      .map(({ result }) => result);
    expect(results).toEqual(["Superseded"]);
    expect((await why("web")).standing).toBe("AsDesired");
  });
});

describe("an invalid manifest", () => {
  it("fails the sync with its object and field; what ran goes on, and other applications are not touched", async () => {
    const before = await replicasOf("web");
    const others = await stack.operations("healed");
    await push(files("web", GOOD, "three"));
    const cause = await whyOnce("web", "replicas");
    expect(cause).toMatchObject({ object: "apps/Deployment/web/web" });
    expect(await replicasOf("web")).toBe(before);
    expect(await stack.operations("healed")).toEqual(others);
    await stack.deployed("web", await push(files("web", GOOD, 2)));
  });

  it("that is no YAML says where", async () => {
    await push({ "web/deployment.yaml": "kind: [\n" });
    const cause = await whyOnce("web", "deployment.yaml");
    expect(cause.reason).toBe("RenderFailed");
    await stack.deployed("web", await push(files("web", GOOD, 2)));
  });
});

describe("a manual change of replicas", () => {
  it("is reported with who made it, and stays, where self-heal is off", async () => {
    await scale("web", 5);
    const cause = await whyOnce("web", "kubectl-scale");
    expect(cause).toMatchObject({ reason: "Drifted", object: "apps/Deployment/web/web", next: "sluice app sync web" });
    expect(await replicasOf("web")).toBe(5);
    const { body } = await stack.api<{ operation: string }>("POST", "/applications/web/sync", {});
    expect((await stack.ended("web", body.operation)).result).toBe("Succeeded");
    expect(await replicasOf("web")).toBe(2);
  });

  it("is put back where self-heal is on", async () => {
    await scale("healed", 7);
    await until("two replicas again", async () => (await replicasOf("healed")) === 2);
    await until("nothing drifted", async () => (await stack.application("healed")).status.drift.length === 0);
  });
});

describe("a deleted object", () => {
  it("comes back", async () => {
    const path = "/api/v1/namespaces/healed/configmaps/settings";
    const first = (await stack.cluster().request(path)).body.metadata.uid as string;
    await stack.cluster().request(path, { method: "DELETE" });
    await until("another one of the same name", async () => {
      const { status, body } = await stack.cluster().request(path);
      return status === 200 && body.metadata.uid !== first && body.data.greeting === "hello";
    });
  });
});
