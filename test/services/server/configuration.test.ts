import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { loadConfiguration, settingPaths, variableOf } from "../../../services/server/configuration.ts";

const load = (more: Partial<Parameters<typeof loadConfiguration>[0]> = {}) =>
  loadConfiguration({ environment: {}, flags: [], ...more });

function problemsOf(action: () => unknown) {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof SluiceError) return thrown.problems;
    throw thrown;
  }
  return [];
}

test("everything has a default", () => {
  const configuration = load();
  expect(configuration.listen).toEqual({ host: "127.0.0.1", port: 8080 });
  expect(configuration.role).toEqual(["all"]);
  expect(configuration.nats.url).toBeUndefined();
});

test("flags win over the environment, the environment over the file", () => {
  const file = join(mkdtempSync(join(tmpdir(), "sluice-")), "sluice.yaml");
  writeFileSync(file, "nats:\n  url: nats://file\nlisten:\n  port: 1\ntemporal:\n  address: file:1\n");
  const configuration = load({
    file,
    environment: { SLUICE_NATS_URL: "nats://environment", SLUICE_LISTEN_PORT: "2" },
    flags: [[["listen", "port"], "3"]],
  });
  expect(configuration.temporal.address).toBe("file:1");
  expect(configuration.nats.url).toBe("nats://environment");
  expect(configuration.listen.port).toBe(3);
});

test("a list can be written with commas", () => {
  expect(load({ environment: { SLUICE_ROLE: "gateway, worker" } }).role).toEqual(["gateway", "worker"]);
});

test("all problems are named at once, each with its origin", () => {
  const problems = problemsOf(() =>
    load({ environment: { SLUICE_LISTEN_PORT: "many", SLUICE_ROLE: "gatewya" }, flags: [[["log", "level"], "loud"]] }),
  );
  expect(problems.map((problem) => [problem.path, problem.file])).toEqual(
    expect.arrayContaining([
      ["listen.port", "SLUICE_LISTEN_PORT"],
      ["log.level", "the command line"],
    ]),
  );
  expect(problems).toHaveLength(3);
});

test("an unknown setting in the file is an error, a missing file too", () => {
  const file = join(mkdtempSync(join(tmpdir(), "sluice-")), "sluice.yaml");
  writeFileSync(file, "natz: {}\n");
  expect(problemsOf(() => load({ file }))[0]?.message).toContain("natz");
  expect(() => load({ file: `${file}.not` })).toThrow(/can't be read/);
});

test("every setting has one variable of its own", () => {
  const variables = settingPaths().map(variableOf);
  expect(new Set(variables).size).toBe(variables.length);
  expect(variables).toContain("SLUICE_NATS_URL");
  expect(variables).toContain("SLUICE_DATA_DIR");
  expect(variables).toContain("SLUICE_RENDER_MEMORY_MIB");
});
