import { afterAll, beforeAll, expect, onTestFinished, vi } from "vitest";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { openTheatre, type Script, type Stage, type Theatre } from "./stage.ts";

/** One server for the tests of a file, and a way to open a stage on it that is closed with its test. */
export function theatreOfFile(): (script: Script) => Promise<Stage> {
  let servers: TestServers<{ temporal: true }>;
  let theatre: Theatre;
  beforeAll(async () => {
    servers = await testServers({ temporal: true });
    theatre = await openTheatre(servers.temporal.address);
  });
  afterAll(async () => {
    await theatre?.close();
    await servers?.stop();
  });
  return async (script) => {
    const stage = await theatre.open(script);
    onTestFinished(() => stage.stop());
    return stage;
  };
}

export const OPERATOR = { kind: "user", name: "ada" } as const;
export const HEALTHY = { health: "Healthy", inventory: "inventory-after" } as const;

export const until = (holds: () => unknown): Promise<void> =>
  vi.waitFor(async () => expect(await holds()).toBeTruthy(), { timeout: 20_000, interval: 20 });

/** Until the running operation is in a phase, of a part of its plan where one is named as `PreSync 0`. */
export const inPhase = (stage: Stage, phase: string, part?: string): Promise<void> =>
  until(async () => {
    const running = (await stage.operations.progress(stage.application))?.running;
    const found = running?.part && `${running.part.phase} ${running.part.wave}`;
    return running?.phase === phase && (part === undefined || found === part);
  });
