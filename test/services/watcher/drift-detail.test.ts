import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { maskObject, openObject, sealObject } from "../../../adapters/secrets/objects.ts";
import type { Artifact, RawObject } from "../../../schemas/artifact.ts";
import { APPLICATION_LABEL } from "../../../schemas/ids.ts";
import type { ApplicationView } from "../../../schemas/views.ts";
import type { Service } from "../../../services/service.ts";
import { createDriftDetail } from "../../../services/watcher/drift-detail.ts";
import { configMap, harness } from "./harness.ts";

const eventually = <T>(probe: () => T) => expect.poll(probe, { timeout: 20_000, interval: 5 });

const artifact = (...objects: RawObject[]): Artifact => ({
  ...{ version: 1, application: "shop", repoURL: "", revision: "", sourceDigest: "" },
  objects,
});
const deployed = { operation: "op-1", revision: "r", artifact: "artifact-1", sourceDigest: "s", at: "" };
const edit = {
  manager: "kubectl-edit",
  operation: "Update",
  time: "2026-01-02T03:04:05Z",
  fieldsV1: { "f:data": { "f:key": {} } },
};

describe("a drifted object is told of", () => {
  let h: ReturnType<typeof harness>;
  let watcher: Service;
  beforeEach(() => (h = harness()));
  afterEach(() => watcher?.stop());

  const begin = async (desired: RawObject, policy: object = {}): Promise<RawObject> => {
    const live = h.cluster.put(configMap("shop", "settings", "1"));
    h.blobs.set("artifact-1", artifact(desired));
    const spec = { syncPolicy: { syncOptions: [], timeout: "10m", ...policy } } as unknown as ApplicationView["spec"];
    h.synced("shop", [live], { deployed, spec });
    watcher = h.start();
    await eventually(() => h.cluster.watched.has("configmaps")).toBe(true);
    return live;
  };
  const change = (live: RawObject, value: string): RawObject =>
    h.cluster.put({ ...live, data: { key: value }, metadata: { ...live.metadata, managedFields: [edit] } });

  test("with the field, its old and new value, who and since when", async () => {
    const live = await begin(configMap("shop", "settings", "1"));
    change(live, "2");
    await eventually(() => h.published.length).toBe(1);
    expect(h.published[0]?.message.drifted).toMatchObject([
      {
        fields: [{ path: ".data.key", was: '"1"', is: '"2"' }],
        managers: ["kubectl-edit"],
        authors: [{ manager: "kubectl-edit", operation: "Update", at: "2026-01-02T03:04:05Z" }],
        since: "2026-01-02T03:04:05Z",
      },
    ]);
  });

  test("though what was applied can't be read: then without its fields", async () => {
    const live = await begin(configMap("shop", "settings", "1"));
    h.blobs.delete("artifact-1");
    change(live, "2");
    await eventually(() => h.published.length).toBe(1);
    expect(h.published[0]?.message.drifted[0]).toMatchObject({ change: "modified", managers: ["kubectl-edit"] });
    expect(h.published[0]?.message.drifted[0]).not.toHaveProperty("fields");
  });

  test("not at all where drift is ignored", async () => {
    const live = await begin(configMap("shop", "settings", "1"), { drift: "ignore" });
    change(live, "2");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(h.published).toEqual([]);
    expect(h.cluster.reads).toEqual([]);
  });

  test("again with each other value only while a break-glass is on", async () => {
    const live = await begin(configMap("shop", "settings", "1"));
    change(live, "2");
    await eventually(() => h.published.length).toBe(1);
    h.project(h.published[0]!.message);
    change(live, "3");
    await eventually(() => h.cluster.reads.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(h.published).toHaveLength(1);
    const by = { kind: "user", name: "ada" } as const;
    const until = { startedAt: "", until: "", reason: "", people: [], by, then: "PutBack" as const };
    h.set("shop", { breakGlass: { id: "b", ...until, changes: 0, changed: [] } });
    change(live, "4");
    await eventually(() => h.published.at(-1)?.message.drifted[0]?.fields?.[0]?.is).toBe('"4"');
  });
});

test("values of a Secret are digests on both sides, and equal ones no change", async () => {
  const keyring = createKeyring([new Uint8Array(32)]);
  const secret = (password: string, user: string): RawObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "default", labels: { [APPLICATION_LABEL]: "shop" } },
    data: { password: btoa(password), user: btoa(user) },
  });
  const detail = createDriftDetail({
    blobs: { getJson: async <T>() => artifact(sealObject(secret("canary-old", "ada"), keyring)) as T },
    open: (object) => openObject(object, keyring),
    mask: (object) => maskObject(object, keyring),
  });
  const set = { "f:data": { "f:password": {}, "f:user": {} } };
  const tell = detail({ deployed } as unknown as ApplicationView);
  const told = await tell("/Secret/default/s", secret("canary-new", "ada"), set);
  const digest = expect.stringMatching(/^"keyed:[0-9a-f]+"$/) as unknown;
  expect(told.fields).toEqual([{ path: ".data.password", was: digest, is: digest }]);
  expect(told.fields?.[0]?.was).not.toBe(told.fields?.[0]?.is);
});

test("while a break-glass is on what others added since is told as well, and only then", async () => {
  const applied = configMap("shop", "settings", "1");
  const entry = { manager: "kubectl-set", operation: "Update", fieldsV1: { "f:data": { "f:more": {} } } };
  const managedFields = [{ ...entry, time: "2026-01-02T03:04:05Z" }];
  const live = { ...applied, data: { key: "2", more: "x" }, metadata: { ...applied.metadata, managedFields } };
  const same = (object: RawObject): RawObject => object;
  const blobs = { getJson: async <T>() => artifact(applied) as T };
  const tell = async (breakGlass: object | undefined): Promise<(string | undefined)[]> => {
    const view = { deployed, breakGlass } as unknown as ApplicationView;
    const detail = createDriftDetail({ blobs, open: same, mask: same })(view);
    const { fields = [] } = await detail("/ConfigMap/default/settings", live, { "f:data": { "f:key": {} } });
    return fields.map(({ path }) => path);
  };
  const startedAt = "2026-01-02T03:00:00Z";
  expect(await tell(undefined)).toEqual([".data.key"]);
  expect(await tell({ startedAt })).toEqual([".data.key", ".data.more"]);
  expect(await tell({ startedAt, ended: {} })).toEqual([".data.key"]);
});
