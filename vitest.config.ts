import { defineConfig } from "vitest/config";

/** Builds the pinned servers before the first test that needs one. */
const globalSetup = ["test/fixtures/global-setup.ts"];

const project = (name: string, include: string[], timeout: number, extra: object = {}) => ({
  test: {
    name,
    include,
    testTimeout: timeout,
    hookTimeout: 180_000,
    pool: "forks" as const,
    // One second, vitest's own, is too short for a program to start on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    ...extra,
  },
});

/**
 * unit: pure code, no servers. contract: one real server per file. replay: recorded workflow histories.
 * e2e: the whole path on real servers, one file at a time. soak: long runs, never part of `npm test`.
 */
export default defineConfig({
  test: {
    projects: [
      project(
        "unit",
        ["test/{schemas,domain,workflows,services,activities,adapters,tools,deploy,docs}/**/*.test.ts"],
        30_000,
      ),
      project("contract", ["test/contract/**/*.test.ts"], 60_000, { maxWorkers: 2, globalSetup }),
      project("replay", ["test/replay/**/*.test.ts"], 60_000),
      // After all others, so that what it measures against limits of time has the machine for itself.
      project("e2e", ["test/e2e/**/*.test.ts"], 300_000, {
        fileParallelism: false,
        globalSetup,
        sequence: { groupOrder: 1 },
      }),
      project("soak", ["test/soak/**/*.test.ts"], 3_600_000, {
        fileParallelism: false,
        globalSetup,
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
