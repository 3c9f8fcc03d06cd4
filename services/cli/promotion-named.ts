import type { PromotionAnswer } from "../../schemas/api/promotion-routes.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Context } from "./context.ts";

/** Address of a promotion. */
export const promotionPath = ({ pipeline, promotion }: { pipeline: string; promotion: string }): string =>
  `/pipelines/${encodeURIComponent(pipeline)}/promotions/${encodeURIComponent(promotion)}`;

/** `promotion/ID` or the id itself, or its beginning. */
const idOf = (name: string): string => name.replace(/^promotion\//, "");

/** Those whose id begins so, whatever pipeline they are of. */
export const promotionsBeginning = ({ client }: Context, name: string): Promise<PromotionAnswer[]> =>
  client.list<PromotionAnswer>("/promotions", { id: idOf(name) });

/** The promotion whose id is this, or begins so. Throws NotFound, or InvalidInput where several do. */
export async function findPromotion(context: Context, name: string): Promise<PromotionAnswer> {
  const found = await promotionsBeginning(context, name);
  const exact = found.filter(({ promotion }) => promotion === idOf(name));
  const [only, other] = exact.length > 0 ? exact : found;
  if (only && !other) return only;
  const next = "List them with: sluice promotion list";
  if (!only) throw new SluiceError("NotFound", `There is no promotion ${idOf(name)}`, { next });
  const some = found.slice(0, 5).map(({ promotion, pipeline }) => `${promotion} of ${pipeline}`);
  throw new SluiceError("InvalidInput", `${idOf(name)} is the beginning of several promotions: ${some.join(", ")}`, {
    next: "Write more of the id.",
  });
}
