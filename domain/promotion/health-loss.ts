import type { HealthStatus } from "../../schemas/operation.ts";
import { stageOf } from "./change.ts";
import { runningIn } from "./queue.ts";
import { canLoseHealth, canRegainHealth } from "./rollback.ts";
import type { TargetState } from "./state.ts";
import type { ApplicationHealth, Next, NextInput } from "./step.ts";

/** Health that is lost, not on its way. */
const LOST: ReadonlySet<HealthStatus> = new Set(["Degraded", "Missing"]);

/** Names in a message, at most. */
const NAMED = 5;

/** The step that health asks for which was lost in a promotion, or soon after it. */
export function healthLoss(input: NextInput): Next | undefined {
  return inPromotion(input) ?? afterPromotion(input);
}

/** An application that the running promotion promoted already, in this wave or one before. */
function inPromotion({ state, stage, health = [], now }: NextInput): Next | undefined {
  const promotion = runningIn(state, stage);
  if (!promotion) return undefined;
  const lost = health.find(
    ({ application, health: how }) => LOST.has(how) && promotion.targets[application]?.state === "Promoted",
  );
  if (!lost) return changedByHand(promotion, health);
  const { application, health: how, since } = lost;
  return {
    do: "loseTarget",
    promotion: promotion.promotion,
    command: {
      ...{ type: "RecordTargetFailure", promotion: promotion.promotion, application, health: how },
      ...{ reason: "HealthDegraded", message: `${application} is ${how} since ${since ?? now}` },
    },
  };
}

type Targets = Readonly<Record<string, TargetState>>;

/** The application that somebody synced something else over what was promoted: what is verified then is not the release. */
function overlaid(targets: Targets, health: readonly ApplicationHealth[]) {
  for (const { application, byHand } of health) {
    const target = targets[application];
    if (!byHand || target?.state !== "Promoted" || target.sourceDigest === byHand.sourceDigest) continue;
    const { operation } = byHand;
    const message = `${application} runs something else since the operation ${operation}, which was asked for by hand`;
    return { application, message };
  }
  return undefined;
}

function changedByHand(
  { promotion, targets }: { promotion: string; targets: Targets },
  health: readonly ApplicationHealth[],
): Next | undefined {
  const found = overlaid(targets, health);
  if (!found) return undefined;
  const command = { type: "RecordTargetFailure", promotion, reason: "ChangedByHand", ...found } as const;
  return { do: "loseTarget", promotion, command };
}

/** What counts is when health turned, not when somebody looks: Sluice may have been away meanwhile. */
function afterPromotion({ state, stage, health = [], now }: NextInput): Next | undefined {
  const { current, applications } = stageOf(state, stage);
  if (!current) return undefined;
  const own = health.filter(({ application }) => applications[application]?.promotion === current.promotion);
  const lost = own.filter(
    ({ health: how, since }) => LOST.has(how) && Date.parse(since ?? now) >= Date.parse(current.at),
  );
  const [first] = lost;
  const other = overlaid(state.promotions[current.promotion]?.targets ?? {}, own);
  if (!first && other) {
    if (!canLoseHealth(state, stage)) return undefined;
    return { do: "loseHealth", command: { type: "LoseHealth", stage, message: other.message, at: now, byHand: true } };
  }
  if (!first)
    return regained({ stage, now }, own.every(({ health: how }) => how === "Healthy") && own.length > 0, state);
  if (!canLoseHealth(state, stage)) return undefined;
  const names = lost.map(({ application, health: how }) => `${application} is ${how}`);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  const message = `${names.slice(0, NAMED).join(", ")}${more}`;
  return { do: "loseHealth", command: { type: "LoseHealth", stage, message, at: earliest(lost) ?? now } };
}

/** Health that was lost for the first time tells whether it was soon after the promotion. */
const earliest = (lost: readonly ApplicationHealth[]): string | undefined =>
  lost.flatMap(({ since }) => since ?? []).toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];

function regained(
  { stage, now }: Pick<NextInput, "stage" | "now">,
  isHealthy: boolean,
  state: NextInput["state"],
): Next | undefined {
  if (!isHealthy || !canRegainHealth(state, stage)) return undefined;
  return { do: "regainHealth", command: { type: "RegainHealth", stage, at: now } };
}
