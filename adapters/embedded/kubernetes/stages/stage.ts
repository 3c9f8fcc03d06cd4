/** A rule of kwok's: what matches all expressions is moved on after the delay. Templates are Go's, over the object. */
export interface Stage {
  apiVersion: "kwok.x-k8s.io/v1alpha1";
  kind: "Stage";
  metadata: { name: string };
  spec: {
    resourceRef: { apiGroup: string; kind: string };
    selector: { matchExpressions: readonly MatchExpression[] };
    delay?: StageDelay;
    next?: { statusTemplate?: string; delete?: boolean; event?: StageEvent };
    steps?: readonly object[];
    immediateNextStage?: boolean;
  };
}

/** A jq path with an operator, or a CEL expression over `self`. */
export type MatchExpression =
  | { key: string; operator: "In" | "NotIn"; values: readonly string[] }
  | { key: string; operator: "Exists" | "DoesNotExist" }
  | { cel: { expression: string } };

interface StageDelay {
  durationMilliseconds: number;
  jitterDurationMilliseconds?: number;
  durationFrom?: { expressionFrom: string };
}

interface StageEvent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** A stage for one kind of object. */
export function stage(
  name: string,
  resource: { kind: string; apiGroup?: string },
  matchExpressions: readonly MatchExpression[],
  then: Omit<Stage["spec"], "resourceRef" | "selector">,
): Stage {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    spec: { resourceRef: { apiGroup: "v1", ...resource }, selector: { matchExpressions }, ...then },
  };
}

/** Matches what the CEL expression is true for. */
export function where(expression: string): MatchExpression {
  return { cel: { expression } };
}

/** Matches objects that nobody has asked to delete. */
export const ALIVE: MatchExpression = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };
