import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { EMPTY_HEAD, type AppendMeta, type Ledger } from "../../../adapters/nats/ledger.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { measuredLedger } from "../../../services/server/measured-ledger.ts";

const meta: AppendMeta = {
  at: "2026-01-01T00:00:00Z",
  actor: { kind: "system", name: "test" },
  cause: "test",
  messageId: "1",
};

test("appends are counted by aggregate and result, and an error passes through", async () => {
  const registry = new Registry();
  let refuse = false;
  const ledger = {
    append: async () => {
      if (refuse) throw new SluiceError("LedgerConflict", "moved on");
      return EMPTY_HEAD;
    },
    appendAll: async (appends: unknown[]) => appends.map(() => EMPTY_HEAD),
  } as unknown as Ledger;
  const measured = measuredLedger(ledger, registry);
  const ref = { type: "application", name: "web" } as const;
  await measured.append(ref, EMPTY_HEAD, [], meta);
  await measured.appendAll([{ ref: { type: "cluster", name: "a" }, expected: EMPTY_HEAD, events: [], meta }]);
  refuse = true;
  await expect(measured.append(ref, EMPTY_HEAD, [], meta)).rejects.toThrow("moved on");
  const text = await registry.metrics();
  expect(text).toContain('sluice_ledger_appends_total{aggregate="application",result="stored"} 1');
  expect(text).toContain('sluice_ledger_appends_total{aggregate="cluster",result="stored"} 1');
  expect(text).toContain('sluice_ledger_appends_total{aggregate="application",result="LedgerConflict"} 1');
  expect(text).toContain("sluice_ledger_append_seconds_count 2");
});
