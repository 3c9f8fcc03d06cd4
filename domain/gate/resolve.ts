import type { Gate } from "../../schemas/kinds/gate.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";

/**
 * The gates of a stage with those of its policies in their place, named `<gate>/<gate of the policy>`. A policy that is not there stays as
 * the gate that names it, so that it can block.
 */
export function gatesOf(stage: Pick<Stage, "gates">, policies: ReadonlyMap<string, GatePolicySpec>): Gate[] {
  return stage.gates.flatMap((gate) => {
    const policy = gate.policy === undefined ? undefined : policies.get(gate.policy);
    return policy ? policy.gates.map((one) => ({ ...one, name: `${gate.name}/${one.name}` })) : [gate];
  });
}
