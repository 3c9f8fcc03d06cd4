import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { application, configMap, openProject } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";
import { startTcpProxy, type TcpProxy } from "../fixtures/tcp-proxy.ts";

/** An API server that a network swallows for as long as the watch needs to notice: every byte is dropped, no connection is closed. */

/** Two bookmark intervals without a byte, then the grace before its objects count as Unknown; with a margin. */
const NOTICED_MS = 200_000;
const LONG_MS = 300_000;

let stack: Stack;
let hole: TcpProxy;

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  const { server, token, caData } = stack.cluster();
  hole = await startTcpProxy({ port: Number(new URL(server).port) });
  await stack.apply(openProject(), {
    apiVersion: "sluice.dev/v1",
    kind: "Cluster",
    metadata: { name: "staging" },
    spec: { server: `https://127.0.0.1:${hole.port}`, credentials: { token, caData } },
  });
});

afterAll(async () => {
  await stack?.stop();
  await hole?.stop();
});

it("is Unknown, never Missing; nothing is pruned; it is synced and seen again when the network is back", async () => {
  const { url: repoURL, fixture: git } = await stack.addRepository("apps");
  const content = (version: string) => ({
    "a.yaml": configMap("a", { version }),
    "b.yaml": configMap("b", { version }),
  });
  await stack.apply(application("app", { repoURL }));
  await stack.deployed("app", await git.commit(content("one"), "one"));
  const seen = new Set<string>();
  hole.set("black-hole");
  const began = Date.now();
  await until(
    "Unknown",
    async () => {
      const { status } = (await stack.application("app")).status.health;
      seen.add(status);
      return status === "Unknown";
    },
    NOTICED_MS,
  );
  process.stdout.write(`black hole noticed after ${Math.round((Date.now() - began) / 1_000)} s\n`);
  const revision = await git.commit({ ...content("two"), "b.yaml": null }, "two");
  await stack.deliver("apps");
  while (Date.now() - began < LONG_MS) {
    seen.add((await stack.application("app")).status.health.status);
    await sleep(1_000);
  }
  expect([...seen].toSorted()).toEqual(["Healthy", "Unknown"]);
  expect(Object.keys(await stack.configMaps("app"))).toEqual(["a", "b"]);
  hole.set("passing");
  hole.cut();
  const { status } = await stack.deployed("app", revision, 180_000);
  expect(status.health.status).toBe("Healthy");
  expect(await stack.configMaps("app")).toEqual({ a: { version: "two" } });
});
