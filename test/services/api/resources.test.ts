import { expect, it } from "vitest";
import { resourceViews } from "../../../services/api/answers.ts";
import type { Inventory, Report } from "../../../schemas/artifact.ts";
import type { ApplicationView } from "../../../schemas/views.ts";

const view = { drift: [], health: { status: "Missing", since: "", objects: [] } } as unknown as ApplicationView;
const key = (group: string, kind: string) => ({ group, kind, namespace: "shop", name: "a" });
const inventory: Inventory = {
  version: 1,
  application: "web",
  cluster: "prod",
  entries: [
    {
      key: key("", "ConfigMap"),
      apiVersion: "v1",
      resource: "configmaps",
      namespaced: true,
      uid: "u1",
      fields: null,
      fieldSet: null,
    } as unknown as Inventory["entries"][number],
  ],
};
const outcome = (more: object) => ({ health: "Missing", action: "create", result: "failed", ...more });

it("objects that could not be made, such as of kinds that are not served, are listed with why", () => {
  const outcomes = [
    outcome({ key: key("", "ConfigMap"), apiVersion: "v1", message: "refused" }),
    outcome({ key: key("example.com", "Widget"), apiVersion: "example.com/v1", message: "the kind is not served" }),
    outcome({ key: key("", "Secret"), apiVersion: "v1", action: "prune" }),
    outcome({ key: key("batch", "Job"), apiVersion: "batch/v1", hook: "PreSync" }),
    outcome({ key: key("", "Service"), apiVersion: "v1", result: "applied" }),
  ];
  const report = { version: 1, outcomes } as unknown as Report;
  const listed = resourceViews(view, inventory, report);
  expect(listed.map(({ kind }) => kind)).toEqual(["ConfigMap", "Widget"]);
  expect(listed[1]).toMatchObject({
    ...{ apiVersion: "example.com/v1", uid: null, sync: "OutOfSync", health: "Missing" },
    message: "the kind is not served",
  });
});
