import { expect, test } from "vitest";
import { checkPipelineGates } from "../../../domain/gate/check.ts";
import { AccountSpec } from "../../../schemas/kinds/account.ts";
import { pipelineOf } from "../promotion/world.ts";

test("an emergency group that no enabled Account is in is refused", () => {
  const accounts = new Map([
    ["ida", AccountSpec.parse({ groups: ["incident"] })],
    ["eve", AccountSpec.parse({ groups: ["gone"], disabled: true })],
  ]);
  const known = { gatePolicies: new Map(), analysisTemplates: new Map(), secrets: new Map(), accounts };
  const spec = pipelineOf({ name: "prod", emergencyGroups: ["incident", "incidnet", "gone"] });
  expect(checkPipelineGates(spec, known, 0)).toMatchObject([
    { path: "spec.stages.0.emergencyGroups.1", next: "did you mean incident?" },
    { path: "spec.stages.0.emergencyGroups.2", message: "no Account is in the group gone" },
  ]);
});
