import { expect, test } from "vitest";
import { decorate } from "../../../domain/sync/decorate.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../../../schemas/errors.ts";

const options = { application: "shop", namespace: "web", scopeOf: () => "namespaced" as const };
const job = (metadata: object): RawObject =>
  ({ apiVersion: "batch/v1", kind: "Job", metadata }) as unknown as RawObject;
const hook = { "argocd.argoproj.io/hook": "PreSync" };

test("a hook may have a generated name; it is known by one that its content gives it", () => {
  const generated = job({ generateName: "migrate-", annotations: hook });
  const [made] = decorate([generated], options);
  expect(made?.metadata.name).toMatch(/^migrate-[0-9a-f]{8}$/);
  expect(decorate([generated], options)[0]?.metadata.name).toBe(made?.metadata.name);
  const other = { ...generated, spec: { suspend: true } };
  expect(decorate([generated, other], options)).toHaveLength(2);
});

test("an object that is no hook may not", () => {
  expect(() => decorate([job({ generateName: "migrate-" })], options)).toThrow("has no metadata.name");
});

test("every malformed annotation of a rendering is a problem of one error, before anything is written", () => {
  const objects = [
    job({ name: "a", annotations: { "argocd.argoproj.io/hook": "PreSnyc" } }),
    job({ name: "b", annotations: { "argocd.argoproj.io/sync-wave": "early" } }),
    job({ name: "c", annotations: { ...hook, "argocd.argoproj.io/hook-delete-policy": "HookSucceded" } }),
  ];
  let thrown: unknown;
  try {
    decorate(objects, options);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SluiceError);
  const { code, problems } = toSluiceError(thrown);
  expect(code).toBe("RenderFailed");
  expect(problems.map(({ path }) => path)).toEqual([
    "batch/Job/web/a metadata.annotations[argocd.argoproj.io/hook]",
    "batch/Job/web/b metadata.annotations[argocd.argoproj.io/sync-wave]",
    "batch/Job/web/c metadata.annotations[argocd.argoproj.io/hook-delete-policy]",
  ]);
  expect(problems.map(({ next }) => next)).toEqual([
    "did you mean PreSync?",
    'write a whole number such as "-5" or "10"',
    "did you mean HookSucceeded?",
  ]);
});
