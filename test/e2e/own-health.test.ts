import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { application, configMap } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** Own health checks, made, changed and deleted while applications are there, on real servers. */

let stack: Stack;

const check = (name: string, kind: string, health: object) => ({
  apiVersion: "sluice.dev/v1",
  kind: "ResourceCustomization",
  metadata: { name },
  spec: { kind, health },
});

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  const { url: repoURL, fixture: git } = await stack.addRepository("shop");
  const revision = await git.commit(
    {
      "web/settings.yaml": configMap("settings", { greeting: "hello" }),
      "cart/secret.yaml": JSON.stringify({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "cart" },
        stringData: { a: "b" },
      }),
    },
    "two applications",
  );
  const policy = { syncPolicy: { automated: {}, syncOptions: ["CreateNamespace=true"] } };
  await stack.apply(
    application("web", { repoURL, path: "web" }, policy),
    application("cart", { repoURL, path: "cart" }, policy),
  );
  for (const name of ["web", "cart"]) await stack.deployed(name, revision);
});

afterAll(() => stack?.stop());

const health = async (name: string) => (await stack.application(name)).status.health;

/** Waits until an application's health is this, and returns it with the objects that it comes from. */
const turned = (name: string, status: string) =>
  until(`${name} is ${status}`, async () => {
    const found = await health(name);
    if (found.status !== status) throw new Error(JSON.stringify(found));
    return found;
  });

describe("a ResourceCustomization", () => {
  it("changes the health of what runs already, by Lua and by CEL, and gives it back when it is deleted", async () => {
    expect((await health("web")).status).toBe("Healthy");
    await stack.apply(
      check("settings", "ConfigMap", {
        lua: `local hs = {}
if obj.data ~= nil and obj.data.greeting == "hello" then
  hs.status = "Degraded"
  hs.message = "it says " .. obj.data.greeting
else
  hs.status = "Healthy"
end
return hs`,
      }),
    );
    expect((await turned("web", "Degraded")).objects).toMatchObject([
      { object: "/ConfigMap/web/settings", reason: "Degraded", message: "it says hello" },
    ]);
    await stack.apply(
      check("settings", "ConfigMap", {
        cel: [{ status: "Suspended", when: 'has(object.data.greeting) && object.metadata.name == "settings"' }],
      }),
    );
    await turned("web", "Suspended");
    expect((await stack.api("DELETE", "/resourcecustomizations/settings")).status).toBe(200);
    await turned("web", "Healthy");
    expect((await health("cart")).status).toBe("Healthy");
  });

  it("that loops makes its objects Degraded with the reason, and leaves other applications alone", async () => {
    await stack.apply(check("loop", "Secret", { lua: "while true do end" }));
    const { objects } = await turned("cart", "Degraded");
    expect(objects[0]?.message).toMatch(/ResourceCustomization loop failed: it exceeded 1 s/);
    expect((await health("web")).status).toBe("Healthy");
    const before = performance.now();
    expect((await stack.api("GET", "/applications")).status).toBe(200);
    expect(performance.now() - before).toBeLessThan(5_000);
    await stack.api("DELETE", "/resourcecustomizations/loop");
    await turned("cart", "Healthy");
  });

  it("judges what a sync waits for", async () => {
    await stack.apply(
      check("waits", "ConfigMap", { cel: [{ status: "Healthy", when: 'object.data.greeting == "bye"' }] }),
    );
    await turned("web", "Progressing");
    const accepted = await stack.api<{ operation: string }>("POST", "/applications/web/sync", {});
    expect(accepted.status).toBe(202);
    await until("the sync waits for the check", async () => {
      const { status } = await stack.application("web");
      if (status.running !== accepted.body.operation) throw new Error(JSON.stringify(status.last));
      return true;
    });
    await stack.api("DELETE", "/resourcecustomizations/waits");
    await until("the sync ends", async () => {
      const { last } = (await stack.application("web")).status;
      if (last?.id !== accepted.body.operation) throw new Error("not yet");
      expect(last).toMatchObject({ result: "Succeeded", health: "Healthy" });
      return true;
    });
  });
});
