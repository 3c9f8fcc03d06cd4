import { afterAll, beforeAll, expect, it } from "vitest";
import type { ApplicationView } from "../../../schemas/views.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

/** A yes to guarded deletions: what it is to is shown, and it is to nothing else. */

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeAll(async () => {
  at = await cliWithServer();
  await at.apply([CLUSTER, application("web")].join("---"));
});
afterAll(() => at.close());

const view = (change: Partial<ApplicationView>): void => {
  const rows = at.table("applications");
  rows.set("web", { ...(rows.get("web") as ApplicationView), ...change });
};

it("is refused where nothing waits for it, and nothing is published", async () => {
  const before = at.published.length;
  const answer = await at.sluice("app confirm web");
  expect(answer.code).toBe(5);
  expect(answer.err).toContain("Nothing of Application web waits for a confirmation");
  expect(at.published).toHaveLength(before);
});

it("is to the operation that asked, and says which objects", async () => {
  const objects = [{ object: "/Namespace//shop", reason: "NotDesired" }];
  const confirmation = { operation: "sync-7", objects, count: 3, since: "2026-01-01T00:00:00Z" };
  view({ running: "sync-7", confirmation });
  expect((await at.sluice("app get web")).out).toContain(
    "Confirmation:  /Namespace//shop and 2 more is only deleted after: sluice app confirm web\n",
  );
  const other = await at.sluice("app confirm web --operation sync-6");
  expect(other.err).toContain("Operation sync-6 of Application web does not wait for a confirmation");
  expect(await at.sluice("app confirm web")).toMatchObject({
    code: 0,
    out: "application/web: sync-7 may delete\n  /Namespace//shop\n  and 2 more\n",
  });
  expect(at.published.at(-1)?.message).toMatchObject({
    command: "confirm",
    application: "web",
    operation: "sync-7",
    actor: { kind: "user" },
  });
});

it("a retry is shown with its time and its reason", async () => {
  const retry = {
    operation: "sync-7",
    attempt: 3,
    at: "2026-01-01T00:00:05Z",
    code: "HookFailed",
    message: "no table",
  };
  view({ running: "sync-7", retry });
  expect((await at.sluice("app get web")).out).toContain(
    "attempt 3 at 2026-01-01T00:00:05Z, after HookFailed: no table\n",
  );
});
