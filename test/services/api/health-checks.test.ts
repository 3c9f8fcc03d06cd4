import { afterAll, describe, expect, test } from "vitest";
import { createHealthSandbox } from "../../../adapters/health-checks/sandbox.ts";
import { apiInstance, CLUSTER } from "./instance.ts";

const sandbox = createHealthSandbox();
afterAll(() => sandbox.close());

const started = async () => {
  const api = await apiInstance();
  api.ports.healthProblems = sandbox.look;
  return api;
};

const customization = (health: string) => `apiVersion: sluice.dev/v1
kind: ResourceCustomization
metadata:
  name: databases
spec:
  group: "*.example.com"
  kind: Database
  health:
${health}
`;
const CEL = `    cel:
      - status: Healthy
        when: object.status.phase == "Ready"`;

describe("a ResourceCustomization", () => {
  test("is applied, read, listed, applied again unchanged, changed and deleted", async () => {
    const { apply, call, events } = await started();
    const results = async (text: string) => ((await apply(text)).body as { objects: { result: string }[] }).objects;
    expect(await results(customization(CEL))).toMatchObject([{ kind: "ResourceCustomization", result: "created" }]);
    const read = await call("GET", "/resourcecustomizations/databases");
    expect(read.body).toMatchObject({ spec: { group: "*.example.com", health: { cel: [{ status: "Healthy" }] } } });
    expect(await results(read.text)).toMatchObject([{ result: "unchanged" }]);
    expect(await results(customization("    lua: return { status = 'Healthy' }"))).toMatchObject([
      { result: "configured" },
    ]);
    expect((await call("GET", "/resourcecustomizations")).body).toMatchObject({
      items: [{ metadata: { name: "databases" } }],
    });
    expect((await call("DELETE", "/resourcecustomizations/databases")).status).toBe(200);
    expect((await call("GET", "/resourcecustomizations/databases")).status).toBe(404);
    expect((await call("DELETE", "/resourcecustomizations/databases")).status).toBe(404);
    expect(events.map(({ event }) => event.type).filter((type) => type.startsWith("Resource"))).toEqual([
      "ResourceCustomizationCreated",
      "ResourceCustomizationUpdated",
      "ResourceCustomizationDeleted",
    ]);
  });

  test("whose CEL or Lua can't be read is refused with file, line and path, and nothing is applied", async () => {
    const { apply, events } = await started();
    const before = events.length;
    const cel = `    cel:
      - status: Healthy
        when: object.status.phase = "Ready"
      - status: Degraded
        when: "true"
        message: "[object]"`;
    const answer = await apply([CLUSTER, customization(cel)].join("---\n"));
    expect(answer.status).toBe(422);
    const { problems } = answer.body as { problems: { line: number; path: string; message: string }[] };
    expect(problems).toMatchObject([
      { file: "test.yaml", path: "spec.health.cel[0].when", message: /^is not valid CEL: / },
      { file: "test.yaml", path: "spec.health.cel[1].message", message: /^must be a text, and is list/ },
    ]);
    expect(problems[1]!.line - problems[0]!.line).toBe(3);
    const lua = await apply(customization("    lua: |\n      local hs = {}\n      return hs.status ="));
    expect(lua.body).toMatchObject({
      problems: [{ path: "spec.health.lua", message: /^is not valid Lua: health.lua:2: / }],
    });
    expect(events).toHaveLength(before);
  });

  test.each([
    ["neither", "    {}", /give either cel or lua/],
    ["both", `${CEL}\n    lua: return {}`, /give either cel or lua/],
    ["a status of Argo CD's that is not for a check to say", CEL.replace("Healthy", "Missing"), /expected one of/],
    ["an unknown field", CEL.replace("when:", "whem:"), /whem/],
  ])("with %s is refused", async (_what, health, message) => {
    const { apply } = await started();
    const answer = await apply(customization(health));
    expect(answer.status).toBe(422);
    expect(answer.text).toMatch(message);
  });
});
