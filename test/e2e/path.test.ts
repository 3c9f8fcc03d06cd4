import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { application, configMap, deployment } from "../fixtures/configuration.ts";
import type { AcceptedWebhook } from "../fixtures/ledger-checker.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** From a push to a live cluster on real servers. Without controllers, so that a Deployment never gets healthy by itself. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;

const chart = (greeting: string): Record<string, string> => ({
  "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "chart/values.yaml": `greeting: ${greeting}\n`,
  "chart/templates/cm.yaml":
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n" +
    "  greeting: {{ .Values.greeting | quote }}\n  size: {{ .Values.size | default 0 | quote }}\n",
});

const overlay = (name: string, base: string): Record<string, string> => ({
  [`overlays/${name}/kustomization.yaml`]: `resources: [../../${base}]\nnamePrefix: ${name}-\n`,
});
const base = (name: string, greeting: string): Record<string, string> => ({
  [`${name}/kustomization.yaml`]: "resources: [cm.yaml]\n",
  [`${name}/cm.yaml`]: configMap("settings", { greeting }),
});

const REPOSITORY = {
  "plain/cm.yaml": configMap("plain", { greeting: "one" }),
  ...base("base-a", "one"),
  ...base("base-b", "one"),
  ...overlay("red", "base-a"),
  ...overlay("blue", "base-a"),
  ...overlay("green", "base-b"),
  ...chart("one"),
  "values/prod.yaml": "size: 1\n",
  "README.md": "one\n",
};
const APPLICATIONS = ["plain", "red", "blue", "green", "shop"];

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
  const first = await git.commit(REPOSITORY, "one of each");
  await stack.apply(
    application("plain", { repoURL, path: "plain" }),
    ...["red", "blue", "green"].map((name) => application(name, { repoURL, path: `overlays/${name}` })),
    application("shop", { repoURL, path: "chart", helm: { valueFiles: ["/values/prod.yaml"] } }),
  );
  for (const name of APPLICATIONS) await stack.deployed(name, first);
});

afterAll(() => stack?.stop());

/** Commits, sends the webhook, and says which applications the dispatch gave an operation. */
async function push(files: Record<string, string | null>): Promise<{ revision: string; concerned: string[] }> {
  const revision = await git.commit(files, "a change");
  return { revision, concerned: await concernedBy(await stack.deliver("apps")) };
}

async function concernedBy(webhook: AcceptedWebhook): Promise<string[]> {
  const { operations } = await stack.outcome(webhook);
  return operations.map(({ application: name }) => name).toSorted();
}

const greetingOf = async (namespace: string, name: string): Promise<string | undefined> =>
  (await stack.configMaps(namespace))[name]?.["greeting"];

/** Ids of each application's newest operation, so that a test can say who was left alone. */
const newestOperations = async (): Promise<Record<string, string | undefined>> =>
  Object.fromEntries(
    await Promise.all(APPLICATIONS.map(async (name) => [name, (await stack.operations(name))[0]?.id] as const)),
  );

describe("a webhook", () => {
  it.each([
    {
      what: "plain YAML",
      files: { "plain/cm.yaml": configMap("plain", { greeting: "two" }) },
      touched: { plain: "plain" },
    },
    { what: "a Kustomize base", files: base("base-a", "two"), touched: { red: "red-settings", blue: "blue-settings" } },
    { what: "a Helm chart", files: chart("two"), touched: { shop: "shop" } },
  ])("brings $what into the cluster and touches nobody else", async ({ files, touched }) => {
    const before = await newestOperations();
    const { revision, concerned } = await push(files);
    expect(concerned).toEqual(Object.keys(touched).toSorted());
    for (const [name, object] of Object.entries(touched)) {
      await stack.deployed(name, revision);
      expect(await greetingOf(name, object)).toBe("two");
    }
    const after = await newestOperations();
    for (const name of APPLICATIONS.filter((each) => !concerned.includes(each))) {
      expect(after[name], name).toBe(before[name]);
    }
  });

  it("of a commit to a value file outside the chart concerns the chart's application only", async () => {
    const { revision, concerned } = await push({ "values/prod.yaml": "size: 2\n" });
    expect(concerned).toEqual(["shop"]);
    await stack.deployed("shop", revision);
    expect((await stack.configMaps("shop"))["shop"]?.["size"]).toBe("2");
  });

  it("of a commit that no application reads concerns none", async () => {
    const before = await newestOperations();
    const { concerned } = await push({ "README.md": "two\n" });
    expect(concerned).toEqual([]);
    expect(await newestOperations()).toEqual(before);
  });

  it("that comes a second time much later changes nothing", async () => {
    const revision = await git.commit({ "plain/cm.yaml": configMap("plain", { greeting: "three" }) }, "three");
    const first = await stack.deliver("apps", { delivery: "same-delivery" });
    await stack.deployed("plain", revision);
    const again = await stack.deliver("apps", { delivery: "same-delivery" });
    expect(again.sequence, "within the window JetStream knows it").toBe(first.sequence);
    const before = await newestOperations();
    // Long after, JetStream has forgotten it: a new message about an old commit.
    const late = await stack.deliver("apps", { delivery: "same-delivery-after-the-window" });
    expect(await concernedBy(late)).toEqual([]);
    expect(await newestOperations()).toEqual(before);
  });

  it("storm of 200 is few operations, and the newest commit is live", async () => {
    const before = (await stack.operations("plain")).length;
    const webhooks: Promise<AcceptedWebhook>[] = [];
    let newest = "";
    for (let count = 1; count <= 20; count++) {
      newest = await git.commit({ "plain/cm.yaml": configMap("plain", { greeting: `storm ${count}` }) }, "storm");
      for (let copies = 0; copies < 10; copies++) webhooks.push(stack.deliver("apps"));
    }
    const taken = await Promise.all(webhooks);
    expect(new Set(taken.map(({ sequence }) => sequence)).size).toBe(200);
    for (const webhook of taken) await stack.outcome(webhook);
    await stack.deployed("plain", newest);
    expect(await greetingOf("plain", "plain")).toBe("storm 20");
    expect((await stack.operations("plain")).length - before).toBeLessThanOrEqual(25);
  });
});

describe("an application", () => {
  it("that is new is synced without a push", async () => {
    await stack.apply(application("fresh", { repoURL, path: "plain" }));
    await stack.deployed("fresh", (await git.head())!);
  });

  it("whose source changes is synced to the new one, and what is gone is pruned", async () => {
    await git.commit(
      {
        "moved/a.yaml": configMap("a", { greeting: "moved" }),
        "moved/b.yaml": configMap("b", { greeting: "moved" }),
      },
      "a second folder",
    );
    await stack.apply(application("fresh", { repoURL, path: "moved" }));
    await until("the move", async () => Object.keys(await stack.configMaps("fresh")).join() === "a,b");
  });

  it("prunes an object that a commit removes", async () => {
    const { revision } = await push({ "moved/a.yaml": null });
    await stack.deployed("fresh", revision);
    expect(Object.keys(await stack.configMaps("fresh"))).toEqual(["b"]);
  });

  it("does not prune what its annotation protects, and says so in an event", async () => {
    const kept = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kept", annotations: { "argocd.argoproj.io/sync-options": "Prune=false" } },
    };
    const { revision } = await push({ "moved/kept.yaml": JSON.stringify(kept) });
    await stack.deployed("fresh", revision);
    const { revision: removed } = await push({ "moved/kept.yaml": null });
    const ended = await until("the sync without it", async () => {
      const { last } = (await stack.application("fresh")).status;
      return last?.revision === removed && last.result !== "Running" && last;
    });
    expect(ended.noted.map(({ object, reason }) => `${object} ${reason}`)).toEqual([
      expect.stringMatching(/^\/ConfigMap\/fresh\/kept \w+/),
    ]);
    expect(Object.keys(await stack.configMaps("fresh"))).toContain("kept");
    const events = await stack.events("fresh");
    expect(JSON.stringify(events.at(-1)?.data["refused"])).toContain("kept");
  });

  it("whose source becomes empty keeps what it owns, and says so in an event", async () => {
    const { revision } = await push({ "moved/b.yaml": null, "moved/README.md": "nothing here\n" });
    const ended = await until("the sync of nothing", async () => {
      const { last } = (await stack.application("fresh")).status;
      return last?.revision === revision && last.result !== "Running" && last;
    });
    expect(ended.noted.map(({ object }) => object)).toEqual(expect.arrayContaining(["/ConfigMap/fresh/b"]));
    expect(Object.keys(await stack.configMaps("fresh"))).toEqual(["b", "kept"]);
    const back = await push({ "moved/b.yaml": configMap("b", { greeting: "moved" }) });
    // `kept` is still refused to be pruned, so it does not get Synced.
    await until(
      "a source again",
      async () => (await stack.application("fresh")).status.deployed?.revision === back.revision,
    );
  });

  it("is compared by a refresh, which changes nothing", async () => {
    await stack.cluster().request("/api/v1/namespaces/red/configmaps/red-settings?fieldManager=by-hand", {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      body: { data: { greeting: "by hand" } },
    });
    const { body } = await stack.api("POST", "/applications/red/refresh");
    const compared = await stack.ended("red", body.operation);
    expect(compared.result).toBe("Compared");
    expect((await stack.application("red")).status.sync.status).toBe("OutOfSync");
    expect(await greetingOf("red", "red-settings")).toBe("by hand");
  });

  it("is synced by a refresh to what is new, without a webhook", async () => {
    const revision = await git.commit({ "moved/seen.yaml": configMap("seen", { greeting: "by a refresh" }) }, "unseen");
    const { body } = await stack.api("POST", "/applications/fresh/refresh");
    expect(await stack.ended("fresh", body.operation)).toMatchObject({ kind: "sync", result: "Succeeded", revision });
    expect(await greetingOf("fresh", "seen")).toBe("by a refresh");
  });

  it("is synced to another revision when somebody asks for it", async () => {
    const first = (await git.git("rev-list", "--max-parents=0", "main")).trim();
    const { body } = await stack.api("POST", "/applications/red/sync", { revision: first });
    const ended = await stack.ended("red", body.operation);
    expect(ended).toMatchObject({ result: "Succeeded", revision: first });
    expect(await greetingOf("red", "red-settings")).toBe("one");
  });

  it("that waits for health is ended by a terminate, and works on after it", async () => {
    const { revision } = await push({ "slow/deployment.yaml": deployment("slow") });
    await stack.apply(application("slow", { repoURL, path: "slow" }));
    const running = await until("the wait for health", async () => {
      const { status } = await stack.application("slow");
      const { status: found } = await stack.cluster().request("/apis/apps/v1/namespaces/slow/deployments/slow");
      return found === 200 && status.running;
    });
    await stack.api("POST", "/applications/slow/terminate", {});
    const ended = await stack.ended("slow", running);
    expect(ended).toMatchObject({ result: "Terminated", revision });
    const next = await push({ "slow/deployment.yaml": deployment("slow", 0), "slow/cm.yaml": configMap("slow", {}) });
    await until("the next sync", async () => "slow" in (await stack.configMaps("slow")));
    expect(next.concerned).toEqual(["slow"]);
  });

  it("without automation only becomes OutOfSync", async () => {
    await stack.apply(application("manual", { repoURL, path: "plain" }, { syncPolicy: {} }));
    await until("OutOfSync", async () => (await stack.application("manual")).status.sync.status === "OutOfSync");
    await push({ "plain/cm.yaml": configMap("plain", { greeting: "not for manual" }) });
    const kinds = new Set((await stack.operations("manual")).map(({ kind }) => kind));
    expect([...kinds]).toEqual(["refresh"]);
    expect((await stack.cluster().request("/api/v1/namespaces/manual")).status).toBe(404);
  });

  it("is deleted with everything it owns", async () => {
    const answer = await stack.api("DELETE", "/applications/fresh?cascade=true");
    expect(answer.status).toBe(202);
    await until("the end of it", async () => (await stack.api("GET", "/applications/fresh")).status === 404);
    // What is protected from a prune stays.
    expect(Object.keys(await stack.configMaps("fresh"))).toEqual(["kept"]);
  });
});

it("a commit whose webhook was lost is found by polling", async () => {
  const { url, repository } = await stack.git.createRepository("polled");
  await stack.apply({
    apiVersion: "sluice.dev/v1",
    kind: "Repository",
    metadata: { name: "polled" },
    spec: { url, pollInterval: "1s" },
  });
  await repository.commit({ "cm.yaml": configMap("polled", { greeting: "one" }) }, "one");
  await stack.apply(application("polled", { repoURL: url }));
  await stack.deployed("polled", (await repository.head())!);
  const revision = await repository.commit({ "cm.yaml": configMap("polled", { greeting: "two" }) }, "two");
  const { status } = await stack.deployed("polled", revision);
  expect(status.last?.trigger.type).toBe("poll");
});

it("a history that is written anew, and taken back, is followed both times", async () => {
  const { url, fixture } = await stack.addRepository("rewritten");
  const old = await fixture.commit({ "cm.yaml": configMap("cm", { greeting: "old" }) }, "old");
  await stack.apply(application("rewritten", { repoURL: url }));
  await stack.deployed("rewritten", old);
  // The first commit of another branch has no parent, so nothing of what was before is in its history.
  const other = await fixture.commit({ "cm.yaml": configMap("cm", { greeting: "other" }) }, "other", "other");
  for (const [revision, greeting] of [
    [other, "other"],
    [old, "old"],
  ] as const) {
    await fixture.git("update-ref", "refs/heads/main", revision);
    await stack.deliver("rewritten");
    await stack.deployed("rewritten", revision);
    expect(await greetingOf("rewritten", "cm")).toBe(greeting);
  }
});
