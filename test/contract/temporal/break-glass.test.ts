import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BreakGlassDeps } from "../../../activities/break-glass.ts";
import { connectTemporal, type TemporalClient } from "../../../adapters/temporal/connection.ts";
import { freshBundle } from "../../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../../adapters/temporal/runtime.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { ADA, openBreakGlass, type BreakGlassStage } from "./break-glass-stage.ts";

const log = pino({ level: "silent" });
let servers: TestServers<{ temporal: true }>;
let temporal: TemporalClient;
let bundle: string;
let dir: string;
const stages: BreakGlassStage[] = [];

beforeAll(async () => {
  installRuntime({ log });
  servers = await testServers({ temporal: true });
  dir = await mkdtemp(join(tmpdir(), "sluice-break-glass-"));
  temporal = await connectTemporal({ address: servers.temporal.address, namespace: "default", log });
  bundle = await freshBundle({ cacheDir: dir, log });
});
afterAll(async () => {
  await Promise.all(stages.map((stage) => stage.stop()));
  await temporal?.close();
  await servers?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function open(commit?: BreakGlassDeps["commitDifference"]): Promise<BreakGlassStage> {
  const { address } = servers.temporal;
  const stage = await openBreakGlass({ address, bundle, client: temporal.client }, commit);
  stages.push(stage);
  return stage;
}
const eventually = <T>(probe: () => T) => expect.poll(probe, { timeout: 20_000, interval: 20 });
const WHOLE = ["BreakGlassStarted", "BreakGlassEnded", "BreakGlassResolved"];

describe("a break-glass", { timeout: 60_000 }, () => {
  test.concurrent("ends by itself, puts back, and releases what waited", async () => {
    const stage = await open();
    const command = stage.on(1_500);
    await stage.say(command);
    await stage.ended();
    expect(stage.types()).toEqual(WHOLE);
    const ended = stage.events().find(({ type }) => type === "BreakGlassEnded")!.data as { why: string; at: string };
    expect(ended.why).toBe("Expired");
    expect(Date.parse(ended.at)).toBeGreaterThanOrEqual(Date.parse((command as { until: string }).until));
    expect(stage.requests).toMatchObject([
      { operation: "break-glass-bg-1", kind: "sync", trigger: { type: "breakGlass", actor: ADA } },
    ]);
    expect(stage.released).toBeGreaterThan(0);
  });

  test.concurrent("is still on where it was extended, and ends at the new time", async () => {
    const stage = await open();
    await stage.say(stage.on(1_000));
    const { at, until } = stage.until(2_500);
    await stage.say({ type: "ExtendBreakGlass", at, until, by: ADA });
    await stage.ended();
    expect(stage.types()).toEqual(["BreakGlassStarted", "BreakGlassExtended", ...WHOLE.slice(1)]);
    const ended = stage.events().find(({ type }) => type === "BreakGlassEnded")!.data as { at: string };
    expect(Date.parse(ended.at)).toBeGreaterThanOrEqual(Date.parse(until));
  });

  test.concurrent("ends when an operator says so, long before its time", async () => {
    const stage = await open();
    await stage.say(stage.on(600_000));
    await stage.say({ type: "EndBreakGlass", at: new Date().toISOString(), by: ADA });
    await stage.ended();
    expect(stage.types()).toEqual(WHOLE);
  });

  test.concurrent("outlives its worker: another one ends it", async () => {
    const stage = await open();
    await stage.say(stage.on(2_000));
    await stage.restart();
    await stage.ended();
    expect(stage.types()).toEqual(WHOLE);
  });

  test.concurrent("whose difference is refused waits for a decision, then does as it is told", async () => {
    const stage = await open(async () => {
      throw new SluiceError("SourceForbidden", "no rights to push");
    });
    await stage.say(stage.on(600_000, { then: "Commit", branch: "fix" }));
    await stage.say({ type: "EndBreakGlass", at: new Date().toISOString(), by: ADA });
    await eventually(() => stage.types().at(-1)).toBe("BreakGlassResolved");
    expect(stage.events().at(-1)?.data).toMatchObject({ how: "Refused", message: "no rights to push" });
    expect(stage.requests).toEqual([]);
    await stage.say({ type: "EndBreakGlass", at: new Date().toISOString(), by: ADA, then: "PutBack" });
    await stage.ended();
    expect(stage.events().at(-1)?.data).toMatchObject({ how: "PutBack" });
  });

  test.concurrent("commits as often as Git is away, and once when it is back", async () => {
    let attempts = 0;
    const stage = await open(async () => {
      if (++attempts < 3) throw new SluiceError("SourceUnavailable", "away");
      return { branch: "fix", commit: "c0ffee" };
    });
    await stage.say(stage.on(600_000, { then: "Commit", branch: "fix" }));
    await stage.say({ type: "EndBreakGlass", at: new Date().toISOString(), by: ADA });
    await stage.ended();
    expect(attempts).toBe(3);
    expect(stage.events().at(-1)?.data).toMatchObject({ how: "Committed", branch: "fix", commit: "c0ffee" });
  });

  test.concurrent("that is told of too often, or was never on, ends at once", async () => {
    const stage = await open();
    await stage.operations.breakGlassChanged(stage.workflowId.slice("break-glass/".length));
    await stage.ended();
    expect(stage.types()).toEqual([]);
  });
});
