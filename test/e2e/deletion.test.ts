import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { Accepted } from "../../schemas/api/bodies.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** What goes and what stays when an application, or the cluster that it is on, goes. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;

beforeAll(async () => {
  stack = await Stack.start({ clusters: ["staging", "prod"], controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
});
afterAll(() => stack?.stop());

const policy = (...syncOptions: string[]) => ({
  syncPolicy: { automated: { prune: true }, syncOptions: ["CreateNamespace=true", ...syncOptions] },
});

async function deploy(name: string, more: Parameters<typeof application>[2] = policy()): Promise<void> {
  const revision = await git.commit({ [`${name}/cm.yaml`]: configMap("settings", { of: name }) }, name);
  await stack.apply(application(name, { repoURL, path: name }, more));
  await stack.deployed(name, revision);
}

const path = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps/settings`;
const live = async (namespace: string, cluster = "staging") => {
  const { status, body } = await stack.cluster(cluster).request(path(namespace));
  return status === 200 ? body : undefined;
};

const remove = (name: string, query = "") => stack.api<Accepted>("DELETE", `/applications/${name}${query}`);
const gone = (name: string) =>
  until(`the end of ${name}`, async () => (await stack.api("GET", `/applications/${name}`)).status === 404);

describe("a deletion", () => {
  it("takes everything along", async () => {
    await deploy("cascade");
    expect((await remove("cascade")).status).toBe(202);
    await gone("cascade");
    expect(await live("cascade")).toBeUndefined();
  });

  it("that only forgets it leaves objects that the next application takes over", async () => {
    await deploy("forgotten");
    const { uid } = (await live("forgotten")).metadata;
    expect((await remove("forgotten", "?cascade=false")).status).toBe(202);
    await gone("forgotten");
    const destination = { name: "staging", namespace: "forgotten" };
    await stack.apply(application("heir", { repoURL, path: "forgotten" }, { ...policy(), destination }));
    await stack.deployed("heir", (await git.head()) ?? "");
    const { metadata } = await live("forgotten");
    expect(metadata).toMatchObject({ uid, labels: { "sluice.dev/application": "heir" } });
  });

  it("that orphans leaves the objects without a mark of ours, free for the next tool", async () => {
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } };
    await git.commit({ "orphan/service.yaml": JSON.stringify(service) }, "a service");
    await deploy("orphan");
    const before = await live("orphan");
    expect(before.metadata.labels).toHaveProperty(["sluice.dev/application"]);
    expect((await remove("orphan", "?orphan=true")).status).toBe(202);
    await gone("orphan");

    const { metadata, data } = await live("orphan");
    expect(data).toEqual({ of: "orphan" });
    expect(metadata.uid).toBe(before.metadata.uid);
    expect(metadata.labels ?? {}).not.toHaveProperty(["sluice.dev/application"]);
    expect(metadata.annotations ?? {}).not.toHaveProperty(["sluice.dev/tracking-id"]);
    const managers = ((metadata.managedFields ?? []) as { manager: string }[]).map(({ manager }) => manager);
    expect(managers).not.toContain("sluice");
    const { body: left } = await stack.cluster().request("/api/v1/namespaces/orphan/services/web");
    expect(left.spec.ports[0].port).toBe(80);
    expect(JSON.stringify(left.metadata)).not.toMatch(/sluice.dev|"manager":"sluice"/);
    const { status, body: answer } = await stack.cluster().request(`${path("orphan")}?fieldManager=another-tool`, {
      method: "PATCH",
      contentType: "application/apply-patch+yaml",
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { of: "another" } },
    });
    const { body: events } = await stack.api<{ items: { type: string; data: object; aggregate: { name: string } }[] }>(
      "GET",
      "/events?application=orphan",
    );
    expect(events.items.at(-1)).toMatchObject({ type: "ApplicationDeleted", data: { cascade: false } });
    expect(status, JSON.stringify([answer, metadata.managedFields, before.metadata.managedFields])).toBe(200);
  });

  it("of an application with Delete=confirm needs a yes", async () => {
    await deploy("guarded", policy("Delete=confirm"));
    expect(await remove("guarded")).toMatchObject({ status: 409, body: { code: "Conflict" } });
    expect(await live("guarded")).toBeDefined();
    expect((await remove("guarded", "?confirm=true")).status).toBe(202);
    await gone("guarded");
    expect(await live("guarded")).toBeUndefined();
  });
});

describe("a move to another cluster", () => {
  it("leaves objects that are seen, keep both clusters, and are pruned when it comes back", async () => {
    await deploy("moved");
    await stack.apply(
      application(
        "moved",
        { repoURL, path: "moved" },
        { ...policy(), destination: { name: "prod", namespace: "moved" } },
      ),
    );
    await until("the other cluster", () => live("moved", "prod"));
    const { status } = await until("what is left", async () => {
      const found = await stack.application("moved");
      return found.status.left !== undefined && found.status.running === undefined && found;
    });
    expect(status.left).toMatchObject([{ cluster: "staging", resources: ["v1/configmaps"] }]);
    expect(await live("moved")).toBeDefined();

    for (const cluster of ["staging", "prod"]) {
      const refused = await stack.api("DELETE", `/clusters/${cluster}`);
      expect(refused.status).toBe(409);
      expect(JSON.stringify(refused.body)).toMatch(/moved/);
      expect(JSON.stringify(refused.body)).toMatch(/--orphan/);
    }
    expect(await remove("moved")).toMatchObject({ status: 409 });

    const revision = await git.commit(
      { "moved/cm.yaml": null, "moved/other.yaml": configMap("other", { of: "moved" }) },
      "another object",
    );
    await stack.apply(application("moved", { repoURL, path: "moved" }, policy()));
    const back = await stack.deployed("moved", revision);
    expect(await live("moved")).toBeUndefined();
    expect(back.status.left?.map(({ cluster }) => cluster)).toEqual(["prod"]);
    expect((await remove("moved", "?force=true")).status).toBe(202);
    await gone("moved");
  });
});
