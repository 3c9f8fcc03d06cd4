import { describe, expect, test } from "vitest";
import { decide } from "../../../domain/application/decide.ts";
import { initialApplication, type ApplicationState } from "../../../domain/application/state.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import type { OperationKind } from "../../../schemas/operation.ts";

const configuration = {
  spec: ApplicationSpec.parse({ source: { repoURL: "https://git.example/web.git" }, destination: { name: "prod" } }),
  labels: {},
  annotations: {},
};
const running = (kind: OperationKind): ApplicationState => ({
  ...initialApplication,
  configuration,
  running: {
    ...{ operation: "op-1", kind, plan: "p" },
    trigger: { type: "manual", actor: { kind: "user", name: "ada" }, cause: "c" },
  },
});
const changed = { ...configuration, labels: { team: "two" } };

describe("an application that is being deleted", () => {
  test.each(["ConfigureApplication", "UpdateApplication"] as const)("refuses %s, also of what it is", (type) => {
    for (const wanted of [configuration, changed]) {
      expect(() => decide({ type, ...wanted }, running("delete"))).toThrow(/is being deleted by operation op-1/);
    }
  });

  test("is told by its name, with what to do", () => {
    const command = { type: "ConfigureApplication", name: "web", ...changed } as const;
    expect(() => decide(command, running("delete"))).toThrow(
      expect.objectContaining({
        code: "Conflict",
        message: "Application web is being deleted by operation op-1",
        next: expect.stringContaining("sluice app terminate web"),
      }),
    );
  });

  test("is another matter than one that is synced", () => {
    const command = { type: "ConfigureApplication", name: "web", ...changed } as const;
    expect(decide(command, running("sync"))).toEqual([{ type: "ApplicationUpdated", data: changed }]);
  });
});
