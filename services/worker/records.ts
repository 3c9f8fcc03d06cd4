import type { StandingOf } from "../../activities/abandoned.ts";
import type { Applications } from "../../activities/applications.ts";
import type { Place } from "../../activities/prepare.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import { clusterDecider } from "../../domain/configuration/cluster.ts";
import { projectDecider } from "../../domain/configuration/project.ts";
import { clusterOf } from "../../domain/configuration/references.ts";
import type { Decider } from "../../domain/decider.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { DomainEvent } from "../../schemas/events/index.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { Actor } from "../../schemas/operation.ts";

/** The ledger's aggregates, as far as the worker needs them. */
export interface AggregatesPort {
  load<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
  ): Promise<{ state: State }>;
  execute<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
    command: Command,
    meta: { at: string; actor: Actor; cause: string; messageId: string },
  ): Promise<{ events: Event[] }>;
}

/** Applications out of the ledger. */
export const applicationsOf = (aggregates: AggregatesPort): Applications => ({
  load: async (name) => (await aggregates.load(applicationDecider, name)).state,
  execute: async (name, command, meta) => (await aggregates.execute(applicationDecider, name, command, meta)).events,
});

/** How applications stand in the ledger: one that ran once and has no configuration was deleted. */
export const standingOf =
  (aggregates: Pick<AggregatesPort, "load">): StandingOf =>
  async (name) => {
    const { configuration, ended } = (await aggregates.load(applicationDecider, name)).state;
    if (configuration) return "there";
    return ended.length > 0 ? "deleted" : "unknown";
  };

export interface PlacesDeps {
  aggregates: Pick<AggregatesPort, "load">;
  /** Known clusters by name; only a destination given by its address is looked up here. */
  clusters(): ReadonlyMap<string, { server: string }>;
}

/** Where an application goes and by whose rules, out of the ledger. Throws NotFound when its cluster or project is gone. */
export function placesOf({ aggregates, clusters }: PlacesDeps): (spec: ApplicationSpec) => Promise<Place> {
  return async ({ destination, project }) => {
    const name = destination.name ?? clusterOf(destination, clusters())?.name;
    const [cluster, rules] = await Promise.all([
      name === undefined ? undefined : aggregates.load(clusterDecider, name),
      aggregates.load(projectDecider, project),
    ]);
    const server = cluster?.state.configuration?.spec.server;
    if (name === undefined || server === undefined)
      throw missing("cluster", destination.name ?? destination.server ?? "");
    const { configuration } = rules.state;
    if (!configuration) throw missing("project", project);
    return { cluster: { name, server }, project: { name: project, spec: configuration.spec } };
  };
}

const missing = (what: "cluster" | "project", which: string): SluiceError =>
  new SluiceError("NotFound", `there is no ${what} ${which}`, {
    next: `create the ${what}, or point the application at another one`,
  });
