import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterDecider } from "../../../domain/configuration/cluster.ts";
import { projectDecider } from "../../../domain/configuration/project.ts";
import {
  decideRepositoryConfiguration,
  evolveRepositoryConfiguration,
  type RepositoryConfiguration,
  type RepositoryConfigurationCommand,
} from "../../../domain/configuration/repository.ts";
import { resourceCustomizationDecider } from "../../../domain/configuration/resource-customization.ts";
import { systemDecider } from "../../../domain/configuration/system.ts";
import type { Decider } from "../../../domain/decider.ts";
import type { RepositoryEvent } from "../../../schemas/events/index.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";

const about = { labels: {}, annotations: {} };

const repositoryDecider: Decider<RepositoryConfiguration, RepositoryConfigurationCommand, RepositoryEvent> = {
  aggregate: "repository",
  initial: {},
  evolve: evolveRepositoryConfiguration,
  decide: decideRepositoryConfiguration,
};

const cases = [
  ["Project", projectDecider, ProjectSpec.parse({}), ProjectSpec.parse({ description: "new" })],
  ["Cluster", clusterDecider, { server: "https://a.example" }, { server: "https://a.example", credentialsDigest: "d" }],
  [
    "ResourceCustomization",
    resourceCustomizationDecider,
    { group: "apps", kind: "Deployment" },
    { group: "apps", kind: "Deployment", ignoreDifferences: { jsonPointers: ["/spec/replicas"] } },
  ],
  [
    "Repository",
    repositoryDecider,
    { url: "https://a.example/b", match: "exact", pollInterval: "3m" },
    { url: "https://a.example/b", match: "exact", pollInterval: "1m" },
  ],
] as unknown as [string, Decider<object, object, { type: string; data: object }>, object, object][];

describe.each(cases)("%s", (kind, decider, spec, other) => {
  const after = (commands: object[]) => {
    const types: string[] = [];
    let state = decider.initial;
    for (const command of commands) {
      for (const event of decider.decide(command, state)) {
        types.push(event.type);
        state = decider.evolve(state, event);
      }
    }
    return { state, types };
  };
  const configure = (own: object) => ({ type: "Configure", spec: own, ...about });

  it("is created, stays, is updated, is deleted, and can come again", () => {
    const reordered = Object.fromEntries(Object.entries(spec).toReversed());
    const commands = [
      configure(spec),
      configure(reordered),
      configure(other),
      { type: "Remove" },
      { type: "Remove" },
      configure(spec),
    ];
    expect(after(commands).types).toEqual([`${kind}Created`, `${kind}Updated`, `${kind}Deleted`, `${kind}Created`]);
  });

  it("any command twice is the same as once", () => {
    const command = fc.constantFrom(configure(spec), configure(other), { type: "Remove" });
    fc.assert(
      fc.property(fc.array(command), (commands) => {
        const once = after(commands);
        expect(after(commands.flatMap((one) => [one, one]))).toEqual(once);
      }),
    );
  });

  it("an event of a type it does not know changes nothing", () => {
    const { state } = after([configure(spec)]);
    expect(decider.evolve(state, { type: "PushDispatched", data: {} })).toEqual(state);
  });
});

it("the system is initialised once", () => {
  const command = { type: "Initialise", version: "1", installation: "i" } as const;
  const events = systemDecider.decide(command, systemDecider.initial);
  expect(events).toHaveLength(1);
  expect(systemDecider.decide(command, events.reduce(systemDecider.evolve, systemDecider.initial))).toEqual([]);
});
