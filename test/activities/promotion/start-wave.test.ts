import { describe, expect, it } from "vitest";
import { checkSources } from "../../../activities/promotion/approved-sources.ts";
import { createStartWave } from "../../../activities/promotion/start-wave.ts";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import type { PipelineState } from "../../../domain/promotion/state.ts";
import type { ApplicationDifference } from "../../../schemas/difference.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";

const COUNTS = { applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 0 };
const shown = (application: string, sourceDigest?: string): ApplicationDifference => ({
  ...{ application, cluster: "eu", wave: 0, from: null, to: "1", counts: COUNTS, objects: [] },
  ...(sourceDigest !== undefined && { sourceDigest }),
});
const target = (application: string, sourceDigest: string, wave = 0) => ({
  ...{ application, wave, revision: "c".repeat(40), sourceDigest },
});

describe("what a wave begins with", () => {
  it.each([
    [
      "the sources that were shown",
      [shown("a", "1"), shown("b", "2")],
      [target("a", "1"), target("b", "2")],
      undefined,
    ],
    ["fewer applications", [shown("a", "1"), shown("b", "2")], [target("b", "2")], undefined],
    ["a difference of before sources were kept", [shown("a")], [target("a", "1")], undefined],
    ["other sources", [shown("a", "1"), shown("b", "2")], [target("a", "1"), target("b", "3")], /What b would run/],
    ["an application that was not shown", [shown("a", "1")], [target("a", "1"), target("z", "1")], /What z would run/],
  ] as const)("%s", (_, applications, targets, refused) => {
    const check = () => checkSources(targets, { applications: [...applications] });
    if (refused) expect(check).toThrow(refused);
    else expect(check).not.toThrow();
  });

  const world = (found: ReturnType<typeof target>[]) => {
    const commands: PipelineCommand[] = [];
    const spec = PipelineSpec.parse({
      releaseSource: "shop",
      stages: [{ name: "prod", applications: { names: ["*"] } }],
    });
    const promotion = {
      ...{ promotion: "p-1", stage: "prod", phase: "Moving", trigger: { type: "manual" }, waves: [] },
      difference: { digest: "d", blob: "blob", counts: COUNTS },
    };
    const state = { configuration: { spec }, promotions: { "p-1": promotion } } as unknown as PipelineState;
    const startWave = createStartWave({
      pipelines: {
        load: async () => state,
        execute: async (_, command) => {
          commands.push(command);
          return [];
        },
      },
      ...{ now: () => "2026-01-01T00:00:00Z", unique: () => "u", recorded: () => undefined, headOf: async () => 7 },
      targetsOf: async () => found,
      difference: async (blob) => ({ applications: blob === "blob" ? [shown("a", "1"), shown("b", "2")] : [] }),
    });
    const start = () => startWave({ pipeline: "shop", stage: "prod", promotion: "p-1", wave: 0 });
    return { start, commands };
  };

  it("is asked for once it is what the gates have passed, whatever later waves have by now", async () => {
    const { start, commands } = world([target("a", "1"), target("b", "changed", 1)]);
    await start();
    expect(commands).toMatchObject([{ type: "StartWave", targets: [{ application: "a", sourceDigest: "1" }] }]);
  });

  it("is not asked for when the sources are others", async () => {
    const { start, commands } = world([target("a", "evil")]);
    await expect(start()).rejects.toMatchObject({ code: "Conflict" });
    expect(commands).toEqual([]);
  });
});
