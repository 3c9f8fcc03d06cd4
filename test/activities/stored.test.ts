import { expect, test } from "vitest";
import { storedVersion } from "../../activities/stored.ts";
import type { Trigger } from "../../schemas/operation.ts";
import { end, start } from "../domain/application/examples.ts";
import { synced, told } from "../domain/drift/examples.ts";

const SYSTEM = { kind: "system", name: "sluice" } as const;
const drift: Trigger = { type: "drift", actor: SYSTEM, cause: "intake/7" };
const newer = { revision: "new", sourceDigest: "source-2", artifact: "artifact-2" };
const unwell = [
  start("op-2", newer),
  end("op-2", { result: "TimedOut", limitSeconds: 60, waitingFor: [], applied: true }),
];

test("what was applied and did not become healthy is put back out of the store", () => {
  const { state } = told([...synced(), ...unwell]);
  expect(storedVersion({ kind: "sync", trigger: drift, target: "op-2" }, state, "prod")).toMatchObject(newer);
});

test("not on another cluster, and not by anything but drift or a break-glass", () => {
  const { state } = told([...synced(), ...unwell]);
  expect(() => storedVersion({ kind: "sync", trigger: drift, target: "op-2" }, state, "stage")).toThrow("not to stage");
  const push: Trigger = { type: "push", actor: SYSTEM, cause: "d" };
  expect(storedVersion({ kind: "sync", trigger: push, target: "op-2" }, state, "prod")).toBeUndefined();
});

test("a rollback that did not become healthy is what drift under it is put back to", () => {
  const rollback = { ...newer, kind: "rollback" } as const;
  const ended = end(
    "back",
    { result: "TimedOut", limitSeconds: 60, waitingFor: [], applied: true },
    { kind: "rollback" },
  );
  const { state } = told([...synced(), start("back", rollback), ended]);
  expect(state.excluded).toMatchObject([{ revision: "c0ffee" }]);
  expect(storedVersion({ kind: "sync", trigger: drift }, state, "prod")).toMatchObject(newer);
});
