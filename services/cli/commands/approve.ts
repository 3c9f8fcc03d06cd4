import type { ApprovalLink, DecisionRecorded } from "../../../schemas/api/approval-routes.ts";
import type { PromotionAnswer } from "../../../schemas/api/promotion-routes.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { type Context, usage } from "../context.ts";
import { countsText } from "./promotion.ts";
import { findPromotion, promotionPath } from "../promotion-named.ts";
import { harmless } from "../table.ts";

interface Named {
  name?: string | undefined;
  gate?: string;
}

interface DecideOptions extends Named {
  comment?: string;
  reason?: string;
  yes?: boolean;
}

/** Says yes or no to a promotion, bound to the difference that is shown before. */
export async function decide(context: Context, verdict: "approve" | "reject", options: DecideOptions): Promise<void> {
  const promotion = await meant(context, options.name);
  const { difference } = promotion;
  if (!difference) {
    throw new SluiceError("Conflict", `What promotion ${promotion.promotion} changes is not rendered yet`, {
      next: `See what it waits for with: sluice why ${promotion.promotion}`,
    });
  }
  const release = promotion.alias ?? promotion.release.slice(0, 12);
  const where = `${promotion.pipeline}/${promotion.stage}`;
  context.note(harmless(`${release} in ${where} changes ${countsText(difference.counts)}.`));
  await consent(context, verdict, { promotion, release, where, yes: options.yes ?? false });
  const { gate, comment, reason } = options;
  const body = {
    ...(gate !== undefined && { gate }),
    ...(comment !== undefined && { comment }),
    ...(reason !== undefined && { reason }),
    ...{ difference: difference.digest, via: "cli" },
  };
  const recorded = await context.client.post<DecisionRecorded>(`${promotionPath(promotion)}/${verdict}`, { body });
  if (await context.showValue(recorded)) return;
  const { by, changed, required } = recorded;
  const said = verdict === "approve" ? "approved" : "rejected";
  const before = changed ? "" : " before, and it counts once";
  context.io.out(harmless(`promotion/${recorded.promotion} ${said} by ${by} at gate ${recorded.gate}${before}`) + "\n");
  if (verdict === "approve" && required > 1) context.note(`The gate takes ${required} different people.`);
}

async function consent(
  { io }: Context,
  verdict: "approve" | "reject",
  { promotion, release, where, yes }: { promotion: PromotionAnswer; release: string; where: string; yes: boolean },
): Promise<void> {
  if (yes) return;
  const look = `Look at it with: sluice promotion diff ${promotion.promotion}`;
  if (!io.ask)
    throw usage(`Nobody can be asked whether to ${verdict} ${release} in ${where}`, `Say it with --yes. ${look}`);
  const ask = verdict === "approve" ? "Approve" : "Reject";
  if (!(await io.ask(harmless(`${ask} ${release} in ${where}?`)))) throw usage("Nothing was decided", look);
}

/** Makes a link that one person decides with, and prints its address alone. */
export async function createLink(
  context: Context,
  options: Named & { for?: string; expiresIn?: string },
): Promise<void> {
  const promotion = await meant(context, options.name);
  const { gate, for: person, expiresIn } = options;
  const body = {
    ...(gate !== undefined && { gate }),
    ...(person !== undefined && { person }),
    ...(expiresIn !== undefined && { expiresIn }),
  };
  const link = await context.client.post<ApprovalLink>(`${promotionPath(promotion)}/approval-links`, { body });
  const url = `${context.client.connection.server}${link.path}`;
  if (await context.showValue({ ...link, url })) return;
  context.note(
    harmless(`Whoever has this link decides as ${link.person} at gate ${link.gate}, once, until ${link.expiresAt}.`),
  );
  context.io.out(`${url}\n`);
}

/** The promotion that is named, or the only one with a gate that waits for approvals. */
async function meant(context: Context, name: string | undefined): Promise<PromotionAnswer> {
  if (name !== undefined) return await findPromotion(context, name);
  const open = await context.client.list<PromotionAnswer>("/promotions", { phase: "Waiting" });
  const waiting = open.filter(({ gates }) => gates.some(({ type, state }) => type === "approval" && state === "wait"));
  const [only, other] = waiting;
  if (only && !other) return only;
  if (!only) {
    throw new SluiceError("NotFound", "No promotion waits for an approval", {
      next: "List them with: sluice promotion list",
    });
  }
  const some = waiting.slice(0, 5).map(({ promotion, pipeline, stage }) => `${promotion} into ${pipeline}/${stage}`);
  throw usage(`Several promotions wait for an approval: ${some.join(", ")}`, "Name one.");
}
