import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { decide } from "../../../domain/application/decide.ts";
import { evolve } from "../../../domain/application/evolve.ts";
import { initialApplication } from "../../../domain/application/state.ts";
import { createOperationMetrics } from "../../../services/worker/metrics.ts";
import { configuration, end, start, success } from "../../domain/application/examples.ts";

test("operations are counted by result and kind when they end, and only then", async () => {
  const registry = new Registry();
  let running = 3;
  const { recorded } = createOperationMetrics(registry, () => running);
  const state = decide({ type: "CreateApplication", ...configuration() }, initialApplication).reduce(
    evolve,
    initialApplication,
  );
  const began = decide(start("op-1"), state);
  recorded(began);
  expect(await registry.metrics()).not.toContain("sluice_syncs_total{");
  recorded(decide(end("op-1", success()), began.reduce(evolve, state)));
  recorded(decide(end("op-2", { result: "Superseded", by: "op-3" }, { kind: "refresh" }), state));
  const text = await registry.metrics();
  expect(text).toContain('sluice_syncs_total{result="Succeeded",kind="sync"} 1');
  expect(text).toContain('sluice_syncs_total{result="Superseded",kind="refresh"} 1');
  expect(text).toContain('sluice_sync_duration_seconds_sum{result="Succeeded",kind="sync"} 1');
  expect(text).toContain("sluice_operations_running 3");
  running = 0;
  expect(await registry.metrics()).toContain("sluice_operations_running 0");
});
