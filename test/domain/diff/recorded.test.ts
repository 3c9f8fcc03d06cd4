import { describe, expect, test } from "vitest";
import {
  changedByIgnored,
  narrowed,
  ownedSet,
  recordedDigest,
  withIgnored,
  withoutManaged,
} from "../../../domain/diff/recorded.ts";
import type { InventoryEntry, RawObject } from "../../../schemas/artifact.ts";

const digests = { digest: (text: string) => text, digestSecret: (text: string) => `secret ${text.length}` };
const owned = {
  "f:metadata": { "f:labels": { "f:app": {} } },
  "f:spec": {
    "f:replicas": {},
    "f:http": {},
    "f:containers": { 'k:{"name":"a"}': { ".": {}, "f:name": {}, "f:image": {} } },
  },
};
const live = (change: object = {}): RawObject => ({
  apiVersion: "example/v1",
  kind: "Thing",
  metadata: { name: "x", uid: "u", labels: { app: "x" } },
  spec: { replicas: 2, http: [{ weight: 10, host: "h" }], containers: [{ name: "a", image: "a:1" }], ...change },
});
const entry: InventoryEntry = {
  key: { group: "example", kind: "Thing", namespace: "", name: "x" },
  apiVersion: "example/v1",
  resource: "things",
  namespaced: false,
  uid: "u",
  desired: "d",
  fields: recordedDigest(live(), { fieldSet: owned }, digests),
  fieldSet: owned,
};
const ignoring = { jsonPointers: ["/spec/replicas"], jqPathExpressions: [], managedFieldsManagers: ["autoscaler"] };
const ruled = (paths: (string | number)[][]): InventoryEntry =>
  withIgnored(entry, live(), { ignoring, paths, digests });

describe("what the inventory remembers of an object with ignored fields", () => {
  test("a field that is ignored is no longer ours to watch, and may still be taken back", () => {
    const now = ruled([["spec", "replicas"]]);
    expect(now.fieldSet).toEqual({
      ...owned,
      "f:spec": { "f:http": {}, "f:containers": owned["f:spec"]["f:containers"] },
    });
    expect(ownedSet(now)).toEqual(owned);
    expect(recordedDigest(live({ replicas: 9 }), now, digests)).toBe(now.fields);
    expect(recordedDigest(live({ containers: [{ name: "a", image: "a:2" }] }), now, digests)).not.toBe(now.fields);
  });

  test("an item of a keyed list is found by its key, whatever its position", () => {
    const now = ruled([["spec", "containers", 0, "image"]]);
    const moved = live({
      containers: [
        { name: "side", image: "s:1" },
        { name: "a", image: "a:9" },
      ],
    });
    expect(recordedDigest(moved, now, digests)).toBe(now.fields);
    expect(recordedDigest(live({ containers: [] }), now, digests)).not.toBe(now.fields);
  });

  test("a field inside a list that is tracked as a whole is left out of its value", () => {
    const now = ruled([["spec", "http", 0, "weight"]]);
    expect(now.ignored?.within).toEqual([["spec", "http", 0, "weight"]]);
    expect(recordedDigest(live({ http: [{ weight: 90, host: "h" }] }), now, digests)).toBe(now.fields);
    expect(recordedDigest(live({ http: [{ weight: 10, host: "other" }] }), now, digests)).not.toBe(now.fields);
  });

  test("all of a map ignored leaves nothing of it", () => {
    expect(narrowed(owned, live(), [["metadata"], ["spec"]])).toEqual({ fieldSet: {}, within: [] });
  });

  test("rules that are gone give every field back", () => {
    const before = ruled([
      ["spec", "replicas"],
      ["spec", "http", 0, "weight"],
    ]);
    const after = withIgnored(before, live(), { ignoring: undefined, paths: [], digests });
    expect(after).toEqual(entry);
  });
});

describe("a change by a manager whose fields are ignored", () => {
  const held = (...entries: { manager: string; fieldsV1: object }[]): RawObject => ({
    ...live({ replicas: 9 }),
    metadata: { ...live().metadata, managedFields: entries.map((one) => ({ operation: "Update", ...one })) },
  });
  const managers = ["autoscaler"];
  const replicas = { "f:spec": { "f:replicas": {} } };
  const changed = (object: RawObject): boolean => changedByIgnored(object, { fieldSet: owned, managers });

  test("is no drift when nobody else has one of our fields", () => {
    expect(changed(held({ manager: "autoscaler", fieldsV1: replicas }))).toBe(true);
    const other = { manager: "someone", fieldsV1: { "f:status": {} } };
    expect(changed(held({ manager: "autoscaler", fieldsV1: replicas }, other))).toBe(true);
  });

  test("is left out of what is told of somebody else's", () => {
    const both = held({ manager: "autoscaler", fieldsV1: replicas }, { manager: "someone", fieldsV1: {} });
    expect(withoutManaged(both, owned, managers)).toEqual({
      ...owned,
      "f:spec": { "f:http": {}, "f:containers": owned["f:spec"]["f:containers"] },
    });
    expect(withoutManaged(both, owned, [])).toBe(owned);
    expect(withoutManaged(both, undefined, managers)).toBeUndefined();
  });

  test("is drift when somebody else has one too, or when a field of ours is gone", () => {
    const someone = { manager: "someone", fieldsV1: { "f:metadata": { "f:labels": { "f:app": {} } } } };
    expect(changed(held({ manager: "autoscaler", fieldsV1: replicas }, someone))).toBe(false);
    const cut = held({ manager: "autoscaler", fieldsV1: replicas });
    expect(changed({ ...cut, metadata: { ...cut.metadata, labels: {} } })).toBe(false);
    expect(
      changedByIgnored(held({ manager: "autoscaler", fieldsV1: replicas }), { fieldSet: owned, managers: [] }),
    ).toBe(false);
  });
});
