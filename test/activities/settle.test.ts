import { expect, test } from "vitest";
import { createSettle } from "../../activities/settle.ts";
import type { Outcome } from "../../domain/application/command.ts";
import type { OperationOptions } from "../../schemas/operation.ts";
import { trigger } from "../domain/application/examples.ts";
import { played } from "../domain/rollback/played.ts";

/** What is recorded of a sync with these options that fails before there is a plan. */
async function failureOf(options: OperationOptions | undefined) {
  const app = played();
  const settle = createSettle({
    applications: { load: async () => app.state(), execute: async (_, command) => app.run(command) },
    now: () => "2026-01-01T00:00:02.000Z",
    recorded: () => undefined,
  });
  const outcome: Outcome = { result: "Failed", code: "InvalidInput", message: "no object is selected", failures: [] };
  const request = { operation: "op-1", kind: "sync", trigger, requestedAt: "2026-01-01T00:00:00.000Z" } as const;
  const ends = [{ request: { ...request, ...(options && { options }) }, outcome }];
  const context = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
  await settle({ application: "guestbook", ends }, context);
  return app.events().at(-1)?.data;
}

test.each<[string, OperationOptions]>([
  ["selected objects", { resources: [{ kind: "ConfigMp" }] }],
  ["objects with labels", { labels: "app=wbe" }],
  ["local files", { local: "digest" }],
  ["a dry run", { dryRun: true }],
])("a failed sync of %s is recorded as apart from the application's own", async (_, options) => {
  expect(await failureOf(options)).toMatchObject({ code: "InvalidInput", apart: true });
});

test.each([undefined, { force: true }, { resources: [] }])("a failed sync of all of it is not", async (options) => {
  expect(await failureOf(options)).not.toHaveProperty("apart");
});
