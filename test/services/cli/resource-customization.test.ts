import { afterAll, beforeAll, expect, test } from "vitest";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeAll(async () => {
  at = await cliWithServer();
});
afterAll(() => at.close());

const text = `apiVersion: sluice.dev/v1
kind: ResourceCustomization
metadata: { name: databases }
spec:
  group: "*.example.com"
  kind: Database
  health: { lua: "return { status = 'Healthy' }" }
  ignoreDifferences: { jsonPointers: [/spec/replicas] }
`;

test("a resource customization is applied, shown, printed to be applied again, and deleted by any of its words", async () => {
  expect((await at.sluice("get customizations")).err).toContain("There are no resource customizations yet");
  expect((await at.sluice("apply -f -", { stdin: text })).out).toBe("resourcecustomization/databases created\n");
  const { out } = await at.sluice("get resourcecustomization");
  expect(out.split("\n")[0]).toMatch(/^NAME +GROUP +KIND +HEALTH +IGNORES +AGE/);
  expect(out.split("\n")[1]).toMatch(/^databases +\*\.example\.com +Database +lua +\/spec\/replicas/);
  const printed = await at.sluice("get customization databases -o yaml");
  expect((await at.sluice("apply -f -", { stdin: printed.out })).out).toBe(
    "resourcecustomization/databases unchanged\n",
  );
  expect((await at.sluice("delete -f -", { stdin: text })).out).toBe("resourcecustomization/databases deleted\n");
  const gone = await at.sluice("get resourcecustomization/databases");
  expect(gone.code).not.toBe(0);
  expect(gone.err).toContain("There is no ResourceCustomization databases");
});
