import type { DomainEvent } from "../../schemas/events/index.ts";
import type { AggregateType } from "../../schemas/ids.ts";
import type { Decider } from "../decider.ts";
import { type Configuration, type ConfigurationCommand, type Configured, decideConfiguration } from "./configured.ts";

/** The three events of a configuration object, each beginning with the name of its kind. */
export type ConfigurationEvents<Kind extends string, Spec> =
  | { type: `${Kind}Created` | `${Kind}Updated`; data: Configuration<Spec> }
  | { type: `${Kind}Deleted`; data: Record<string, never> };

/** What configuring or removing an object of a kind makes happen. */
export function configurationEvents<Kind extends string, Spec>(
  kind: Kind,
  command: ConfigurationCommand<Spec>,
  state: Configured<Spec>,
): ConfigurationEvents<Kind, Spec>[] {
  const decision = decideConfiguration(command, state);
  switch (decision.outcome) {
    case "unchanged":
      return [];
    case "created":
      return [{ type: `${kind}Created`, data: decision.data }];
    case "updated":
      return [{ type: `${kind}Updated`, data: decision.data }];
    case "deleted":
      return [{ type: `${kind}Deleted`, data: {} }];
  }
}

/** The configuration after an event of the kind; undefined for an event that is about something else. */
export function configuredBy<Spec>(
  kind: string,
  event: { type: string; data: unknown },
): { configuration?: Configuration<Spec> } | undefined {
  if (event.type === `${kind}Deleted`) return {};
  if (event.type !== `${kind}Created` && event.type !== `${kind}Updated`) return undefined;
  return { configuration: event.data as Configuration<Spec> };
}

/** The aggregate of a kind that is configuration only. */
export const plainDecider = <Spec, Event extends DomainEvent>(
  aggregate: AggregateType,
  kind: string,
): Decider<Configured<Spec>, ConfigurationCommand<Spec>, Event> => ({
  aggregate,
  initial: {},
  evolve: (state, event) => configuredBy<Spec>(kind, event) ?? state,
  // The names of the events are made of the kind's, which the type can't follow.
  decide: (command, state) => configurationEvents(kind, command, state) as unknown as Event[],
});
