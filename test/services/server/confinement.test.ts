import { expect, test } from "vitest";
import { inspectConfinement } from "../../../adapters/renderers/tool-process.ts";
import { confinementFindings } from "../../../services/server/confinement.ts";

test("each part of the confinement that is missing is a warning with what to do", () => {
  expect(confinementFindings({ network: true, limits: true })).toMatchObject([{ check: "renderers", status: "ok" }]);
  const without = confinementFindings({ network: false, limits: true });
  expect(without).toMatchObject([{ status: "warning", next: expect.stringContaining("user namespaces") }]);
  expect(without[0]?.message).toContain("unshare --user --net");
  expect(confinementFindings({ network: true, limits: false })).toMatchObject([
    { status: "warning", message: expect.stringContaining("prlimit") },
  ]);
  expect(confinementFindings({ network: false, limits: false })).toHaveLength(2);
});

test("what this machine offers is found out by trying it", async () => {
  const offered = await inspectConfinement();
  expect(offered).toEqual({ network: expect.any(Boolean), limits: expect.any(Boolean) });
  expect(await inspectConfinement({ unshare: "/nonexistent", prlimit: "/nonexistent" })).toEqual({
    network: false,
    limits: false,
  });
});
