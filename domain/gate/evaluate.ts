import type { Gate } from "../../schemas/kinds/gate.ts";
import type { GateType, GateVerdict } from "../../schemas/promotion.ts";
import { judgeApproval } from "./approval.ts";
import { judgeDependency } from "./dependency.ts";
import { judgeExpression } from "./expression.ts";
import { type GateInput, type Judged, type Said, say } from "./input.ts";
import { gatesOf } from "./resolve.ts";
import { judgeSoak } from "./soak.ts";
import { judgeLine } from "./stop-the-line.ts";
import { judgeUpstream, UPSTREAM } from "./upstream.ts";
import { judgeVerification } from "./verification.ts";
import { judgeWindows } from "./windows.ts";

export type { ExpressionOutcome, GateInput } from "./input.ts";

/**
 * What every gate of a promotion says now: stop-the-line and upstream first, then the stage's own in their order, those of policies in
 * their place. Pure. A stage that is not configured any more has one verdict, which blocks.
 */
export function evaluateGates(input: GateInput): GateVerdict[] {
  const into = input.spec.stages.find(({ name }) => name === input.stage);
  if (!into) return [{ gate: UPSTREAM, ...noStage(input) }];
  const own = gatesOf(into, input.policies).map((gate) => ({ gate: gate.name, ...judge({ ...input, into, gate }) }));
  const upstream = skipped(input, UPSTREAM, "upstream") ?? judgeUpstream(input, into);
  return [{ gate: LINE, ...judgeLine(input) }, { gate: UPSTREAM, ...upstream }, ...own];
}

/** Whether every gate lets the promotion through. */
export const allPass = (verdicts: readonly GateVerdict[]): boolean => verdicts.every(({ state }) => state === "pass");

/** Name of the gate that is the global stop: no stage can have one of that name. */
const LINE = "stopTheLine";

const noStage = ({ pipeline, stage }: GateInput): Said =>
  say("upstream")("block", "NoSuchStage", `pipeline ${pipeline} has no stage ${stage} any more`);

/** Each type with what judges it; exactly one of the fields is set. */
const JUDGES = {
  soak: { type: "soak", judge: judgeSoak },
  approval: { type: "approval", judge: judgeApproval },
  windows: { type: "window", judge: judgeWindows },
  verification: { type: "verification", judge: judgeVerification },
  expression: { type: "expression", judge: judgeExpression },
  dependency: { type: "dependency", judge: judgeDependency },
} as const satisfies Partial<Record<keyof Gate, { type: GateType; judge: (judged: Judged) => Said }>>;

/** Type of a gate by which of its fields is set; undefined for one that names a policy. */
export function typeOf(gate: Gate): GateType | undefined {
  const field = fieldOf(gate);
  return field && JUDGES[field].type;
}

const fieldOf = (gate: Gate): keyof typeof JUDGES | undefined =>
  (Object.keys(JUDGES) as (keyof typeof JUDGES)[]).find((field) => gate[field] !== undefined);

function judge(judged: Judged): Said {
  const { gate } = judged;
  const field = fieldOf(gate);
  if (!field) return unknownPolicy(gate);
  const { type, judge: judgement } = JUDGES[field];
  return skipped(judged, gate.name, type) ?? leftOut(judged, type) ?? judgement(judged);
}

const unknownPolicy = ({ policy = "" }: Gate): Said =>
  say("expression")("block", "PolicyUnknown", `there is no GatePolicy ${policy}; apply it, or take the gate away`, {
    evidence: { policy },
  });

/** An emergency names the gate, or the gate that names its policy. */
function skipped({ promotion }: GateInput, gate: string, type: GateType): Said | undefined {
  const { record, gates } = promotion.skipped ?? { record: "", gates: [] };
  const named = gates.find((name) => name === gate || gate.startsWith(`${name}/`));
  if (named === undefined) return undefined;
  return say(type)("pass", "EmergencySkipped", `skipped in the emergency ${record}`, { evidence: { record } });
}

/**
 * A rollback goes back to what was good here: it waits for no soak, window, measurement or other pipeline. Approvals hold where the stage
 * says so, and expressions always: they may ask for `trigger`.
 */
function leftOut({ promotion, into }: Judged, type: GateType): Said | undefined {
  if (promotion.trigger.type !== "rollback" || type === "expression") return undefined;
  if (type === "approval" && into.rollback?.requireApproval) return undefined;
  return say(type)("pass", "Rollback", "a rollback does not wait for it");
}
