import { evaluateGates, type ExpressionOutcome, type GateInput } from "../../domain/gate/evaluate.ts";
import { gatesOf } from "../../domain/gate/resolve.ts";
import type { PipelineState } from "../../domain/promotion/state.ts";
import type { Gate } from "../../schemas/kinds/gate.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { Looking } from "./look.ts";
import { type FindRelease, promoting, type Promoting, record, type RecordDeps, releaseOf } from "./pipelines.ts";
import type { PromotionKey } from "./steps.ts";

/** What the expressions of gates are evaluated over. */
export interface ExpressionInput extends Promoting {
  pipeline: string;
  /** Those with an expression, by their full names. */
  gates: readonly Gate[];
  release: ReleaseView;
  /** RFC 3339. */
  now: string;
}

export interface EvaluateDeps extends RecordDeps {
  line(): Promise<GateInput["line"]>;
  /** GatePolicies that the stage's gates name, by name. */
  policies(stage: Stage): Promise<ReadonlyMap<string, GatePolicySpec>>;
  findRelease: FindRelease;
  /** The value of each gate's expression by the gate's name; never throws for what is wrong with one. */
  expressions(input: ExpressionInput): Promise<ReadonlyMap<string, ExpressionOutcome>>;
}

/** Looks at every gate of a promotion and records what they say. */
export function createEvaluate(deps: EvaluateDeps): (key: PromotionKey) => Promise<Looking> {
  return async (key) => {
    const found = await promoting(deps.pipelines, key);
    if (found?.promotion.phase !== "Waiting") return { recorded: false };
    const { state, spec, stage, promotion } = found;
    const { pipeline } = key;
    const now = deps.now();
    const [line, policies] = await Promise.all([deps.line(), deps.policies(stage)]);
    const gates = gatesOf(stage, policies);
    const [pipelines, expressions] = await Promise.all([
      dependencies(deps, gates, pipeline),
      evaluated(deps, { ...found, pipeline, now, gates: gates.filter(({ expression }) => expression !== undefined) }),
    ]);
    const verdicts = evaluateGates({
      ...{ pipeline, spec, stage: stage.name, state, promotion, now },
      ...{ line, policies, pipelines, expressions },
    });
    const required = Object.fromEntries(
      gates.flatMap(({ name, approval }) => (approval ? [[name, approval.required]] : [])),
    );
    const command = { type: "RecordVerdicts", promotion: key.promotion, verdicts, required, at: now } as const;
    const recorded = await record(deps, pipeline, command);
    return { recorded, again: earliest(verdicts.flatMap(({ until }) => until ?? [])) };
  };
}

async function evaluated(
  deps: EvaluateDeps,
  input: Omit<ExpressionInput, "release">,
): Promise<ReadonlyMap<string, ExpressionOutcome>> {
  if (input.gates.length === 0) return new Map();
  return deps.expressions({ ...input, release: await releaseOf(deps.findRelease, input) });
}

/** The pipelines that dependencies name, this one left out. */
async function dependencies(
  { pipelines }: Pick<EvaluateDeps, "pipelines">,
  gates: readonly Gate[],
  own: string,
): Promise<Map<string, PipelineState>> {
  const names = new Set(gates.flatMap(({ dependency }) => dependency?.pipeline ?? []));
  names.delete(own);
  return new Map(await Promise.all([...names].map(async (name) => [name, await pipelines.load(name)] as const)));
}

/** The first of instants in RFC 3339. */
const earliest = (instants: readonly string[]): string | undefined =>
  instants.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
