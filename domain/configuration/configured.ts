import { same } from "../application/same.ts";

/** What a configuration object holds besides its name: the content of its Created and Updated events. */
export interface Configuration<Spec> {
  spec: Spec;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** A configuration aggregate: `configuration` is absent before it is created and after it is deleted. */
export interface Configured<Spec> {
  configuration?: Configuration<Spec>;
}

/** The two things that can be asked of a configuration object. */
export type ConfigurationCommand<Spec> = ({ type: "Configure" } & Configuration<Spec>) | { type: "Remove" };

/** What a command comes to: nothing new, or one of the three facts. */
export type ConfigurationOutcome<Spec> =
  | { outcome: "unchanged" }
  | { outcome: "created" | "updated"; data: Configuration<Spec> }
  | { outcome: "deleted" };

/** The outcome of a command on an object: the same configuration again, or removing what is not there, is nothing new. */
export function decideConfiguration<Spec>(
  command: ConfigurationCommand<Spec>,
  state: Configured<Spec>,
): ConfigurationOutcome<Spec> {
  if (command.type === "Remove") return state.configuration ? { outcome: "deleted" } : { outcome: "unchanged" };
  const { spec, labels, annotations } = command;
  const data = { spec, labels, annotations };
  if (!state.configuration) return { outcome: "created", data };
  return same(state.configuration, data) ? { outcome: "unchanged" } : { outcome: "updated", data };
}
