import { sha256 } from "../routing/sha256.ts";

/** What makes a promotion the same as another one: the same release asked for in the same stage by the same cause. */
export interface PromotionIdentity {
  pipeline: string;
  /** How often a pipeline of this name was created: ids of an earlier one are not taken again. */
  incarnation: number;
  stage: string;
  release: string;
  /** What asked for it: a request's id, the promotion before an automatic one, the promotion that a rollback undoes. */
  cause: string;
}

/** Longest part of the stage's name in an id. */
const STAGE_LENGTH = 40;

/** Id of a promotion, as in `prod-1f2e3d4-9a8b7c6d5e`: the same for the same identity, and a DNS label. */
export function promotionId({ pipeline, incarnation, stage, release, cause }: PromotionIdentity): string {
  const digest = sha256(JSON.stringify([pipeline, incarnation, stage, release, cause])).slice(0, 10);
  const name = stage.slice(0, STAGE_LENGTH).replace(/-+$/, "");
  const short = release
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .slice(0, 7);
  return [name, short, digest].filter((part) => part !== "").join("-");
}

/** Id of a verification of a promotion: of the stage, or of one of its gates; the second run of it and so on have their number. */
export const verificationRunId = (promotion: string, gate?: string, number = 1): string =>
  `${promotion}/${gate === undefined ? "verification" : `gate/${gate}`}${number > 1 ? `#${number}` : ""}`;
