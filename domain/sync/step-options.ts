import type { RawObject, StepOptions } from "../../schemas/artifact.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import { adoptedManagers } from "./claim.ts";
import { holdsData } from "./guards.ts";
import { isSet, type EffectiveOptions, type OptionValues } from "./options.ts";

const PROPAGATION = { foreground: "Foreground", background: "Background", orphan: "Orphan" } as const;

/** How dependents of a deleted object go, as PrunePropagationPolicy has it; undefined where nobody says. */
export const propagationOf = ({ PrunePropagationPolicy: policy }: OptionValues): StepOptions["propagation"] =>
  policy === undefined ? undefined : PROPAGATION[policy as keyof typeof PROPAGATION];

/** How an object is written by its options, or undefined when as usual. */
export function applyOptions(
  key: Pick<ObjectKey, "group" | "kind">,
  options: EffectiveOptions,
  { live, takenOver, from }: { live: RawObject | undefined; takenOver: boolean; from?: string | undefined },
): StepOptions | undefined {
  const { values, own, ssa } = options;
  const adopts = live ? adoptedManagers(live, options, takenOver) : [];
  const propagation = propagationOf(values);
  // What holds data is not deleted on the word of a whole application.
  const recreates = holdsData(key) ? own.Force === "true" : isSet(options, "Force");
  const made: StepOptions = {
    ...(isSet(options, "Force") || ssa === "Override" ? { force: true } : {}),
    ...(recreates ? { recreate: true } : {}),
    ...(isSet(options, "Replace") ? { replace: true } : {}),
    ...(values.ServerSideApply === "false" ? { clientSide: true } : {}),
    ...(values.Validate === "false" ? { lenient: true } : {}),
    ...(ssa === "IfNotPresent" ? { once: true } : {}),
    ...(adopts.length > 0 ? { adopts } : {}),
    ...(values.Adopt === undefined ? {} : { adopt: values.Adopt as "true" | "false" }),
    ...(from === undefined ? {} : { from }),
    ...(isSet(options, "RespectIgnoreDifferences") ? { respect: true } : {}),
    ...(propagation === undefined ? {} : { propagation }),
  };
  return Object.keys(made).length === 0 ? undefined : made;
}
