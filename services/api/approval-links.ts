import { SLUICE } from "../../domain/account/state.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";

/** The keyring, as far as links need it: authenticated encryption under a purpose that nothing else has. */
export interface Seals {
  seal(purpose: string, plaintext: string, context: string): string;
  open(purpose: string, sealed: string, context: string): string;
}

/** What a link stands for. Whoever has it decides as that person, about exactly this, once. */
export interface ApprovalLink {
  pipeline: string;
  promotion: string;
  gate: string;
  person: string;
  /** Account that made it; `sluice` for one of a notification. */
  by: string;
  /** Release and difference that it is bound to. */
  release: string;
  diff: string;
  /** RFC 3339. */
  expiresAt: string;
  /** How often the person had approved at the gate when it was made: one time more, and it is used. */
  before: number;
}

/** Address of the page, under which a link's token stands. */
export const LINK_PATH = "/approvals/";
const PURPOSE = "approval-link";
/** What every sealed text begins with; a link goes without. */
const SEALED = "sealed:v1:";
/** Longer than any link that we make. */
const MOST_CHARACTERS = 2_048;

/** Path of a new link. Throws Conflict where the difference that it would be bound to is not rendered yet. */
export function linkPath(
  seals: Seals,
  of: { promotion: PromotionView; gate: string; person: string; by?: string; expiresAt: string },
): string {
  const { promotion, gate, person, by = SLUICE, expiresAt } = of;
  if (!promotion.difference) {
    throw new SluiceError("Conflict", `What promotion ${promotion.promotion} changes is not rendered yet`, {
      next: `See what it waits for with: sluice why ${promotion.promotion}`,
    });
  }
  const parts = [
    ...[promotion.pipeline, promotion.promotion, gate, person, by],
    ...[promotion.release, promotion.difference.digest],
    ...[Date.parse(expiresAt), timesApproved(promotion, gate, person)],
  ];
  const sealed = seals.seal(PURPOSE, JSON.stringify(parts), PURPOSE).slice(SEALED.length);
  return `${LINK_PATH}${Buffer.from(sealed, "base64").toString("base64url")}`;
}

/** What a token stands for. Throws NotFound for one that we did not make, or that was changed in any way. */
export function readLink(seals: Seals, token: string): ApprovalLink {
  if (token.length === 0 || token.length > MOST_CHARACTERS || !/^[\w-]+$/.test(token)) throw unknown();
  const bytes = Buffer.from(token, "base64url");
  // Of the spellings of the same bytes only ours is one.
  if (bytes.toString("base64url") !== token) throw unknown();
  const text = opened(seals, `${SEALED}${bytes.toString("base64")}`);
  const [pipeline, promotion, gate, person, by, release, diff, expires, before] = JSON.parse(text) as [
    ...[string, string, string, string, string, string, string],
    ...[number, number],
  ];
  return { pipeline, promotion, gate, person, by, release, diff, expiresAt: new Date(expires).toISOString(), before };
}

function opened(seals: Seals, sealed: string): string {
  try {
    return seals.open(PURPOSE, sealed, PURPOSE);
  } catch {
    throw unknown();
  }
}

const unknown = (): SluiceError =>
  new SluiceError("NotFound", "This link is not one of this server's", {
    next: "Open it exactly as it was sent, or decide with the CLI.",
  });

/** Throws Conflict, saying why, where a link counts no more: expired, used, or about something that has changed since. */
export function checkLink(link: ApprovalLink, promotion: PromotionView | undefined, now: Date): PromotionView {
  if (now.getTime() >= Date.parse(link.expiresAt)) throw over("This link has expired");
  if (!promotion) throw over("The promotion is not there any more");
  if (timesApproved(promotion, link.gate, link.person) !== link.before) throw over("This link was used already");
  if (promotion.phase === "Ended") throw over(`The promotion has ended: ${promotion.result ?? "over"}`);
  if (promotion.release !== link.release || promotion.difference?.digest !== link.diff) {
    throw over("What the promotion would change is not what it was when this link was made");
  }
  return promotion;
}

const over = (message: string): SluiceError =>
  new SluiceError("Conflict", message, { next: "Ask for a new link, or decide with the CLI." });

/** How often a person has approved at a gate of a promotion, with what does not count any more, or only that. */
export const timesApproved = (
  { approvals }: Pick<PromotionView, "approvals">,
  gate: string,
  person: string,
  { ended = false } = {},
): number =>
  approvals.filter((one) => one.gate === gate && one.by.name === person && (!ended || one.voided !== undefined)).length;
