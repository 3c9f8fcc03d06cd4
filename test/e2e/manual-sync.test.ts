import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { OutcomeView } from "../../schemas/api/bodies.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { Stack } from "../fixtures/stack.ts";

/** What an operator asks of one sync: selected objects, and a dry run, on real servers. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;
let first: string;
let second: string;

const files = (version: string) => ({
  "shop/a.yaml": configMap("a", { version }),
  "shop/b.yaml": configMap("b", { version }),
});

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
  first = await git.commit({ ...files("one"), "shop/old.yaml": configMap("old", { version: "one" }) }, "first");
  const manual = { syncPolicy: { syncOptions: ["CreateNamespace=true"] } };
  await stack.apply(application("shop", { repoURL, path: "shop" }, manual));
});

afterAll(() => stack?.stop());

async function sync(body: object) {
  const { status, body: accepted } = await stack.api<{ operation: string }>("POST", "/applications/shop/sync", body);
  expect(status).toBe(202);
  return await stack.ended("shop", accepted.operation);
}

async function outcomes(operation: string): Promise<string[]> {
  const { body } = await stack.api<{ items: OutcomeView[] }>("GET", `/operations/shop/${operation}/outcomes`);
  return body.items.map(({ object, action, result }) => `${object} ${action} ${result}`).toSorted();
}

const versions = async () =>
  Object.fromEntries(Object.entries(await stack.configMaps("shop")).map(([name, data]) => [name, data["version"]]));

describe("a dry run", () => {
  it("before anything is there says what would be, and writes nothing", async () => {
    const operation = await sync({ dryRun: true });
    expect(operation).toMatchObject({ result: "DryRun", options: { dryRun: true }, counts: { failed: 0 } });
    // The namespace comes with the sync, so the API server has nothing to judge them in.
    expect(await outcomes(operation.id)).toEqual([
      "/ConfigMap/shop/a create pending",
      "/ConfigMap/shop/b create pending",
      "/ConfigMap/shop/old create pending",
    ]);
    expect((await stack.cluster().request("/api/v1/namespaces/shop")).status).toBe(404);
    expect((await stack.application("shop")).status.last?.id).not.toBe(operation.id);
  });

  it("tells per object what the API server says, validation included", async () => {
    expect((await sync({})).result).toBe("Succeeded");
    const invalid = { ...(JSON.parse(configMap("b", {})) as object), data: { version: { not: "text" } } };
    second = await git.commit(
      { ...files("two"), "shop/b.yaml": JSON.stringify(invalid), "shop/old.yaml": null },
      "a change, a mistake and a removal",
    );
    const { sync: before } = (await stack.application("shop")).status;
    const operation = await sync({ dryRun: true, prune: true });
    expect(operation).toMatchObject({ result: "DryRun", revision: second, counts: { update: 1, prune: 1, failed: 1 } });
    expect(await outcomes(operation.id)).toEqual([
      "/ConfigMap/shop/a update applied",
      "/ConfigMap/shop/b update failed",
      "/ConfigMap/shop/old prune pruned",
    ]);
    expect(operation.noted[0]?.object).toBe("/ConfigMap/shop/b");
    expect(await versions()).toEqual({ a: "one", b: "one", old: "one" });
    expect((await stack.application("shop")).status.sync).toEqual(before);
    second = await git.commit(files("two"), "mended");
  });
});

describe("a sync of selected objects", () => {
  it("changes nothing else, and the application stays OutOfSync and where it was", async () => {
    const selected = { resources: [{ group: "", kind: "ConfigMap", name: "a" }], prune: true };
    const operation = await sync(selected);
    expect(operation).toMatchObject({ result: "Succeeded", others: { count: 2, sync: "OutOfSync" } });
    expect(await versions()).toEqual({ a: "two", b: "one", old: "one" });
    const { status } = await stack.application("shop");
    expect(status.sync.status).toBe("OutOfSync");
    expect(status.deployed?.revision).toBe(first);
  });

  it("by labels that nothing has is an error that says what there is", async () => {
    const operation = await sync({ labels: "tier=front" });
    expect(operation).toMatchObject({ result: "Failed", code: "InvalidInput" });
    expect(operation.message).toContain(":ConfigMap:shop/a");
  });

  it("what was left alone is done by the next sync of all", async () => {
    expect((await sync({ prune: true })).result).toBe("Succeeded");
    expect(await versions()).toEqual({ a: "two", b: "two" });
    const { status } = await stack.application("shop");
    expect(status.sync.status).toBe("Synced");
    expect(status.deployed?.revision).toBe(second);
  });
});
