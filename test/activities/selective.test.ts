import { describe, expect, test } from "vitest";
import type { RawObject } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import { parseResourceSelector } from "../../schemas/resource-selector.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const map = (name: string, value: string, labels: Record<string, string> = {}): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
  data: { value },
});
const only = (...selectors: string[]) => ({
  options: { resources: selectors.map((text) => parseResourceSelector(text)!) },
});

async function synced(...objects: RawObject[]) {
  const cluster = new ModelCluster();
  const shop = new ModelApplication(cluster);
  await shop.sync(objects);
  return { cluster, shop };
}
const owned = async (shop: ModelApplication) => (await shop.entries()).map(({ key }) => key.name);

describe("a sync of selected objects", () => {
  test("applies them, leaves the others as they are, and says how those stand", async () => {
    const { shop } = await synced(map("a", "1"), map("b", "1"), map("c", "1"));
    const before = (await shop.entries()).filter(({ key }) => key.name !== "a");
    const planned = await shop.plan([map("a", "2"), map("b", "2"), map("c", "1")], only(":ConfigMap:a"));
    expect(await shop.steps(planned)).toEqual(["ConfigMap/a update DesiredChanged"]);
    expect(planned.others).toEqual({ count: 2, sync: "OutOfSync", health: "Healthy" });
    const applied = await shop.apply(planned);
    shop.inventory = applied.inventory;
    expect(applied.counts).toMatchObject({ update: 1, unchanged: 0 });
    expect((await shop.entries()).filter(({ key }) => key.name !== "a")).toEqual(before);
    // What was left alone is still to be done, and nothing else is.
    const rest = await shop.plan([map("a", "2"), map("b", "2"), map("c", "1")]);
    expect(await shop.steps(rest)).toContain("ConfigMap/b update DesiredChanged");
    expect(await shop.steps(rest)).toContain("ConfigMap/a unchanged Recorded");
  });

  test("never prunes what is not selected, and prunes what is", async () => {
    const { shop } = await synced(map("a", "1"), map("b", "1"), map("c", "1"));
    const planned = await shop.plan([map("a", "1")], only(":ConfigMap:b"));
    expect(await shop.steps(planned)).toEqual(["ConfigMap/b prune NotDesired"]);
    const applied = await shop.apply(planned);
    shop.inventory = applied.inventory;
    expect(await owned(shop)).toEqual(["a", "c"]);
  });

  test("knows the others as synced when they are", async () => {
    const { shop } = await synced(map("a", "1"), map("b", "1"));
    const planned = await shop.plan([map("a", "2"), map("b", "1")], only("*:*:a"));
    expect(planned.others).toEqual({ count: 1, sync: "Synced", health: "Healthy" });
  });

  test("of a new application owns only what it made", async () => {
    const shop = new ModelApplication(new ModelCluster());
    const applied = await shop.apply(await shop.plan([map("a", "1"), map("b", "1")], only(":ConfigMap:a")));
    shop.inventory = applied.inventory;
    expect(await owned(shop)).toEqual(["a"]);
  });

  test("goes by rendered labels, and by those of the live object where nothing is rendered", async () => {
    const { shop } = await synced(map("a", "1", { tier: "front" }), map("b", "1", { tier: "front" }), map("c", "1"));
    const options = { labels: "tier=front" };
    const planned = await shop.plan([map("a", "2", { tier: "front" }), map("c", "2")], { options });
    expect(await shop.steps(planned)).toEqual(["ConfigMap/a update DesiredChanged", "ConfigMap/b prune NotDesired"]);
  });

  test("that selects nothing is an error that names what was meant", async () => {
    const { shop } = await synced(map("settings", "1"));
    await expect(shop.plan([map("settings", "2")], only(":ConfigMap:setings"))).rejects.toMatchObject({
      code: "InvalidInput",
      message: expect.stringContaining("did you mean :ConfigMap:shop/settings?"),
    });
  });

  test("of everything is a sync of everything", async () => {
    const { shop } = await synced(map("a", "1"), map("b", "1"));
    const whole = await shop.plan([map("a", "2"), map("b", "2")]);
    const part = await shop.plan([map("a", "2"), map("b", "2")], only("*:*:*"));
    const keysOf = async (digest: string) =>
      (await shop.planBlob({ plan: digest })).steps.map(({ key, action }) => `${objectKey(key)} ${action}`);
    expect(await keysOf(part.plan)).toEqual(await keysOf(whole.plan));
    expect(part.inventory).toBe(whole.inventory);
  });
});
