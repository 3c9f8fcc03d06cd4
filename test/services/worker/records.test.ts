import { describe, expect, test } from "vitest";
import type { Decider } from "../../../domain/decider.ts";
import { clusterDecider } from "../../../domain/configuration/cluster.ts";
import { projectDecider } from "../../../domain/configuration/project.ts";
import { DEFAULT_PROJECT_SPEC } from "../../../domain/configuration/system.ts";
import type { DomainEvent } from "../../../schemas/events/index.ts";
import { type AggregatesPort, applicationsOf, placesOf } from "../../../services/worker/records.ts";
import { configuration, start } from "../../domain/application/examples.ts";

/** Aggregates in memory. */
function memory(): AggregatesPort {
  const all = new Map<string, unknown[]>();
  const fold = <State, Command, Event extends DomainEvent>(decider: Decider<State, Command, Event>, name: string) =>
    ((all.get(`${decider.aggregate}/${name}`) ?? []) as Event[]).reduce(decider.evolve, decider.initial);
  return {
    load: async (decider, name) => ({ state: fold(decider, name) }),
    execute: async (decider, name, command) => {
      const events = decider.decide(command, fold(decider, name));
      const key = `${decider.aggregate}/${name}`;
      all.set(key, [...(all.get(key) ?? []), ...events]);
      return { events };
    },
  };
}

const meta = {
  at: "2026-01-01T00:00:00Z",
  actor: { kind: "user", name: "ada" },
  cause: "test",
  messageId: "m",
} as const;
const server = "https://prod.example:6443";

async function world() {
  const aggregates = memory();
  const common = { type: "Configure", labels: {}, annotations: {} } as const;
  await aggregates.execute(clusterDecider, "prod", { ...common, spec: { server } }, meta);
  await aggregates.execute(projectDecider, "default", { ...common, spec: DEFAULT_PROJECT_SPEC }, meta);
  return { aggregates, place: placesOf({ aggregates, clusters: () => new Map([["prod", { server }]]) }) };
}

describe("the worker's records", () => {
  test("an application is loaded and changed through its decider", async () => {
    const applications = applicationsOf(memory());
    await applications.execute("web", { type: "CreateApplication", ...configuration() }, meta);
    const events = await applications.execute("web", start("op-1"), meta);
    expect(events.map(({ type }) => type)).toEqual(["OperationStarted"]);
    expect((await applications.load("web")).running?.operation).toBe("op-1");
  });
  test("a destination is found by name and by address", async () => {
    const { place } = await world();
    const { spec } = configuration();
    const expected = { cluster: { name: "prod", server }, project: { name: "default", spec: DEFAULT_PROJECT_SPEC } };
    expect(await place(spec)).toEqual(expected);
    expect(await place({ ...spec, destination: { server: `${server}/` } })).toEqual(expected);
  });
  test("what is gone is said by name", async () => {
    const { place } = await world();
    const { spec } = configuration();
    await expect(place({ ...spec, destination: { name: "staging" } })).rejects.toMatchObject({
      code: "NotFound",
      message: "there is no cluster staging",
    });
    await expect(place({ ...spec, destination: { server: "https://x" } })).rejects.toMatchObject({ code: "NotFound" });
    await expect(place({ ...spec, project: "team" })).rejects.toMatchObject({ message: "there is no project team" });
  });
});
