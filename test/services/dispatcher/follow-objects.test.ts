import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { Resource } from "../../../adapters/kubernetes/resource.ts";
import type { WatchLine, WatchOptions } from "../../../adapters/kubernetes/watch.ts";
import { createFollow } from "../../../services/dispatcher/follow-objects.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import type { ApplicationView, ViewName, Views } from "../../../schemas/views.ts";

const CONFIG_MAP: Resource = {
  ...{ group: "", version: "v1", apiVersion: "v1", resource: "configmaps", kind: "ConfigMap" },
  ...{ namespaced: true, verbs: ["watch"] },
};
const seen = (type: "upserted" | "deleted"): WatchLine => ({
  type,
  object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "gate" } },
});

/** A cluster whose watches are played one after the other; the last stays open. */
function world(watches: (WatchLine[][] | Error)[], served: (Resource | undefined)[] = [CONFIG_MAP]) {
  const opened: WatchOptions[] = [];
  const stopping = new AbortController();
  let changes = 0;
  const follow = createFollow({
    clusters: async () => ({
      resolve: async () => (served.length > 1 ? served.shift() : served[0]),
      watch: async (_, options) => {
        const lines = watches[opened.push(options) - 1];
        if (lines instanceof Error) throw lines;
        return (async function* () {
          for (const some of lines ?? []) yield some;
          if (!lines) await new Promise((resolve) => options.signal.addEventListener("abort", resolve));
        })();
      },
    }),
    views: {
      list: <View extends ViewName>() => [
        { key: "prod", value: { name: "prod", spec: { server: "https://prod" } } as unknown as Views[View] },
      ],
    },
    log: pino({ level: "silent" }),
    pauseMs: 2,
  });
  const spec = ApplicationSpec.parse({
    source: { repoURL: "https://git.example/shop.git" },
    destination: { name: "prod", namespace: "shop" },
    dependsOn: [{ application: "db" }, { resource: { apiVersion: "v1", kind: "ConfigMap", name: "gate" } }],
  });
  follow({ name: "web", spec } as ApplicationView, { signal: stopping.signal, changed: () => void changes++ });
  return { opened, stop: () => stopping.abort(), changes: () => changes };
}

describe("an object that is depended on", () => {
  test("is watched alone, by its name, in the destination's namespace", async () => {
    const { opened, stop } = world([]);
    await expect.poll(() => opened.length).toBe(1);
    expect(opened[0]).toMatchObject({ resourceVersion: "", only: { namespace: "shop", name: "gate" } });
    stop();
  });

  test("tells of what happens to it, and of nothing else", async () => {
    const bookmark: WatchLine = { type: "bookmark", resourceVersion: "7" };
    const { changes, opened, stop } = world([[[seen("upserted")], [bookmark], [seen("upserted"), seen("deleted")]]]);
    await expect.poll(() => opened.length).toBe(2);
    expect(changes()).toBe(2);
    stop();
  });

  test("is watched again after the watch ended or failed, and while its kind is not served looked for", async () => {
    const watches = [new Error("gone"), [[seen("upserted")]]];
    const { changes, opened, stop } = world(watches, [undefined, undefined, CONFIG_MAP]);
    await expect.poll(() => opened.length).toBe(3);
    expect(changes()).toBe(1);
    stop();
  });

  test("is let go with the hold", async () => {
    const { opened, stop } = world([]);
    await expect.poll(() => opened.length).toBe(1);
    stop();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(opened).toHaveLength(1);
  });
});
