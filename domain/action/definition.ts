import type { ActionName, ActionRequest } from "../../schemas/action.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** What an action does to the cluster. */
export type ActionChange =
  /** A merge patch of the object; `status` goes to its status where that is apart. */
  | { do: "patch"; patch: Record<string, unknown>; status?: Record<string, unknown> }
  /** A new object; one of its name is there when it was made by an earlier try. */
  | { do: "create"; object: RawObject };

/** What an action is carried out with. */
export type ActionInput = Pick<ActionRequest, "id" | "requestedAt" | "parameters">;

/** One action that a kind has. */
export interface ActionDefinition {
  name: ActionName;
  /** Parameters that have to be given, with what they are. */
  parameters?: Record<string, string>;
  /** Fields that it changes, as paths, where Git may say something else. */
  fields?: readonly (readonly string[])[];
  /** Why it does nothing now; undefined when it can be done. */
  notNow?(object: RawObject): string | undefined;
  /** Throws InvalidInput for parameters that mean nothing. Made of the request only where it can be, so that twice is once. */
  change(object: RawObject, input: ActionInput): ActionChange;
}

/** The value at a path, undefined where there is none. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export const spec = (fields: Record<string, unknown>): ActionChange => ({ do: "patch", patch: { spec: fields } });

const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** As `kubectl rollout restart` does it, with the time of the request: a second try changes nothing. */
export const restart: ActionDefinition = {
  name: "restart",
  notNow: (object) => (valueAt(object, ["spec", "paused"]) === true ? "it is paused; resume it first" : undefined),
  change: (_, { requestedAt }) => spec({ template: { metadata: { annotations: { [RESTARTED_AT]: requestedAt } } } }),
};

const MOST_REPLICAS = 100_000;

export const scale: ActionDefinition = {
  name: "scale",
  parameters: { replicas: "how many pods it shall have" },
  fields: [["spec", "replicas"]],
  change: (_, { parameters }) => {
    const replicas = Number(parameters["replicas"]);
    if (!/^\d+$/.test(parameters["replicas"] ?? "") || replicas > MOST_REPLICAS) {
      throw new SluiceError("InvalidInput", "scale needs a number of replicas", { next: "give it as replicas=3" });
    }
    return spec({ replicas });
  },
};

/** An action that sets one switch of the spec; it can be done while the switch stands otherwise. */
export const toggle = (name: ActionName, field: string, on: boolean): ActionDefinition => ({
  name,
  fields: [["spec", field]],
  notNow: (object) => {
    const is = valueAt(object, ["spec", field]) === true;
    return is === on ? `it is ${on ? "" : "not "}${field === "suspend" ? "suspended" : field}` : undefined;
  },
  change: () => spec({ [field]: on }),
});
