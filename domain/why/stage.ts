import type { PromotionWhy } from "../../schemas/api/promotion-routes.ts";
import { stagesBefore } from "../promotion/meant.ts";
import { ended } from "./ended.ts";
import { OPERATORS, type PromotionCause } from "./gate.ts";
import { mixedCauses, toleratedCauses } from "./mixed.ts";
import { heldCauses, lineCauses, stagePause } from "./paused.ts";
import { type PromotionWhyInput, whyPromotion } from "./promotion.ts";

type Standing = PromotionWhy["standing"];

/** Why nothing moves into a stage, or what holds what does. */
export function whyStage(input: PromotionWhyInput): PromotionWhy {
  const { pipeline, stage, promotions, aliasOf } = input;
  const view = pipeline.stages.find(({ name }) => name === stage);
  const open = view?.running ?? view?.queue[0];
  const under = promotions.find(({ promotion }) => promotion === open);
  if (under) return whyPromotion(input, under);
  const current = view?.current;
  const release = current ? { release: current.release, alias: aliasOf(current.release) } : {};
  return { pipeline: pipeline.name, stage, ...release, ...idle(input), gates: [] };
}

function idle(input: PromotionWhyInput): Pick<PromotionWhy, "standing" | "causes"> {
  const { pipeline, stage, line } = input;
  const view = pipeline.stages.find(({ name }) => name === stage);
  const stages: [Standing, PromotionCause[]][] = [
    ["Stopped", lineCauses(line)],
    ["Paused", stagePause(pipeline, stage)],
    ["Held", heldCauses(input)],
    [
      view?.last?.result === "Aborted" ? "Aborted" : "Failed",
      [...lastCauses(input), ...mixedCauses(pipeline, stage, input.aliasOf)],
    ],
  ];
  const standing = stages.find(([, causes]) => causes.length > 0)?.[0] ?? (view?.current ? "Done" : "Empty");
  const causes = stages.flatMap(([, found]) => found);
  return { standing, causes: [...causes, ...passedCauses(input), ...excludedCauses(input), ...waysIn(input)] };
}

/** The newest promotion did not succeed, and nothing came after it. */
function lastCauses(input: PromotionWhyInput): PromotionCause[] {
  const { pipeline, stage, promotions } = input;
  const last = pipeline.stages.find(({ name }) => name === stage)?.last;
  if (!last || last.result === "Succeeded" || last.result === "Superseded") return [];
  const promotion = promotions.find((one) => one.promotion === last.promotion);
  if (promotion) return ended(promotion, input).causes;
  const message = `promotion ${last.promotion} ended as ${last.result}`;
  return [
    { reason: last.result, message, since: last.at, who: OPERATORS, next: `sluice promotion get ${last.promotion}` },
  ];
}

/** What the promotion that brought the stage where it is let pass. */
function passedCauses({ pipeline, stage, promotions }: PromotionWhyInput): PromotionCause[] {
  const current = pipeline.stages.find(({ name }) => name === stage)?.current;
  const brought = promotions.find(({ promotion }) => promotion === current?.promotion);
  return brought?.result === "Succeeded" ? toleratedCauses(brought) : [];
}

const MOST_EXCLUDED = 3;

const excludedCauses = ({ pipeline, stage, aliasOf }: PromotionWhyInput): PromotionCause[] =>
  (pipeline.stages.find(({ name }) => name === stage)?.excluded ?? [])
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, MOST_EXCLUDED)
    .map(({ release, reason, by, at }) => ({
      reason: "ReleaseExcluded",
      message: `${aliasOf(release)} does not come here by itself any more (${reason}, by ${by.name})`,
      since: at,
      who: OPERATORS,
      next: `sluice stage readmit ${pipeline.name} ${stage} ${release.slice(0, 12)}`,
    }));

/** How the next release gets here. */
function waysIn({ pipeline, stage, releases }: PromotionWhyInput): PromotionCause[] {
  const { name, spec } = pipeline;
  if (releases === 0) {
    const message = `ReleaseSource ${spec.releaseSource} has made no release yet`;
    const who = "whoever owns what it looks at";
    return [{ reason: "NoRelease", message, who, next: `sluice release refresh ${spec.releaseSource}` }];
  }
  const before = stagesBefore(spec, stage);
  const own = spec.stages.find((one) => one.name === stage);
  if (own?.automatic === "never") {
    const message = "releases come here only by hand: automatic is never";
    return [{ reason: "OnlyByHand", message, who: OPERATORS, next: `sluice promote ${name} ${stage}` }];
  }
  const current = pipeline.stages.find((one) => one.name === stage)?.current;
  if (current || before.length === 0) return [];
  const message = `no release was verified in ${before.join(own?.afterAny ? " or " : " and ")} yet`;
  return [{ reason: "NoneVerified", message, who: OPERATORS, next: `sluice why ${name}/${before[0]}` }];
}
