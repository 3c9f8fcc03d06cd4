import { durationMs } from "../../schemas/duration.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Approval, Gate } from "../../schemas/kinds/gate.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApprovalBinding } from "../../schemas/promotion.ts";
import { gatesOf } from "../gate/resolve.ts";
import type { PipelineCommand } from "../promotion/command.ts";
import type { PipelineState, PromotionState } from "../promotion/state.ts";
import { isAmong, type Person } from "./person.ts";
import { isAsked, isLive, sameBinding } from "./asked.ts";

/** A person's yes or no to one exact promotion. */
export interface Said {
  promotion: string;
  gate: string;
  verdict: "approve" | "reject";
  /** What the person saw. */
  binding: ApprovalBinding;
  by: Actor;
  /** With reject, the reason. */
  comment?: string | undefined;
  via: "api" | "cli" | "link";
  /** Account that made the link; `sluice` for one of a notification. */
  linkBy?: string | undefined;
}

/** What a word is weighed by, beside the pipeline itself. */
export interface Weighed {
  /** The person as the ledger has it now. */
  person: Person;
  /** Who made the link, where that is somebody else. */
  maker?: Person | undefined;
  policies: ReadonlyMap<string, GatePolicySpec>;
  /** Names and addresses of those whose work it is, and of who started it. */
  authors: readonly string[];
  /** RFC 3339. */
  now: string;
}

/** What a word comes to. */
export type Ruling =
  | { do: "record"; command: Extract<PipelineCommand, { type: "GiveApproval" | "RejectApproval" }> }
  /** It was said before, and counts. */
  | { do: "nothing" };

/** The gate of a promotion that has this name, with what it asks. Throws NotFound where it has no such approval. */
export function approvalGate(
  { configuration }: Pick<PipelineState, "configuration">,
  promotion: Pick<PromotionState, "promotion" | "stage">,
  gate: string,
  policies: ReadonlyMap<string, GatePolicySpec>,
): Approval {
  const gates = approvalGates(configuration?.spec, promotion, policies);
  const found = gates.find(({ name }) => name === gate)?.approval;
  if (found) return found;
  const names = gates.map(({ name }) => name).join(", ");
  throw new SluiceError("NotFound", `Promotion ${promotion.promotion} has no gate ${gate} that asks for approval`, {
    next: names === "" ? `Its stage ${promotion.stage} asks nobody.` : `Those that ask are: ${names}`,
  });
}

/** The gates of a promotion's stage that ask for approval. */
export function approvalGates(
  spec: PipelineSpec | undefined,
  { stage }: Pick<PromotionState, "stage">,
  policies: ReadonlyMap<string, GatePolicySpec>,
): Gate[] {
  const found = spec?.stages.find(({ name }) => name === stage);
  return found ? gatesOf(found, policies).filter(({ approval }) => approval !== undefined) : [];
}

/**
 * What a person's word comes to, by the state that it is appended to: nothing can change in between. Throws what is wrong with it: NotFound,
 * Forbidden for who is not asked or whose own change it is, Conflict where it ended, InvalidInput for a missing reason. Whether the gate asks
 * for exactly this is the pipeline's own to say.
 */
export function ruling(state: PipelineState, said: Said, weighed: Weighed): Ruling {
  const promotion = Object.hasOwn(state.promotions, said.promotion) ? state.promotions[said.promotion] : undefined;
  if (!promotion) throw ended(state, said.promotion);
  const mine = promotion.approvals.find((one) => isMine(one, said) && isLive(one, weighed.now));
  if (said.verdict === "approve" ? mine : isRejected(promotion, said)) return { do: "nothing" };
  if (mine && said.via === "link") throw used(said);
  if (promotion.phase === "Ended") throw over(promotion);
  const approval = approvalGate(state, promotion, said.gate, weighed.policies);
  checkPerson(approval, said, weighed);
  checkWords(approval, said);
  checkSkipped(promotion, said);
  return { do: "record", command: commandOf(approval, said, weighed) };
}

const isRejected = ({ rejected }: PromotionState, { gate, by }: Said): boolean =>
  rejected !== undefined && rejected.gate === gate && rejected.by.name === by.name;

const isMine = (one: PromotionState["approvals"][number], { gate, binding, by }: Said): boolean =>
  one.gate === gate && one.by.name === by.name && sameBinding(one.binding, binding);

function checkPerson(approval: Approval, { gate, verdict }: Said, { person, maker, authors }: Weighed): void {
  checkAsked(approval, person, gate);
  if (verdict === "reject" || approval.allowSelfApproval) return;
  const next = "Somebody who wrote none of its commits and did not start it has to approve.";
  if (isAmong(person, authors)) {
    const message = `${person.name} can't approve at the gate ${gate} what is ${person.name}'s own`;
    throw new SluiceError("Forbidden", message, { next });
  }
  if (maker && isAmong(maker, authors)) {
    const message = `${maker.name} made this link, and can't have approved at the gate ${gate} what is ${maker.name}'s own`;
    throw new SluiceError("Forbidden", message, {
      next: "Decide with your own account, or with a link that you made.",
    });
  }
}

/** Throws Forbidden for who is not asked by a gate. */
export function checkAsked(approval: Approval, person: Pick<Person, "name" | "groups">, gate: string): void {
  if (isAsked(approval, person)) return;
  throw new SluiceError("Forbidden", `${person.name} is not asked by the gate ${gate}`, {
    next: `Those who may decide are ${deciders(approval).join(", ")}.`,
  });
}

/** Who a gate asks, in words. */
export const deciders = ({ groups, people }: Pick<Approval, "groups" | "people">): string[] => [
  ...groups.map((group) => `group ${group}`),
  ...people,
];

function checkWords(approval: Approval, { gate, verdict, comment }: Said): void {
  if ((comment ?? "").trim() !== "") return;
  if (verdict === "reject") throw new SluiceError("InvalidInput", "A rejection needs a reason", { next: "Say why." });
  if (approval.requireComment) {
    throw new SluiceError("InvalidInput", `The gate ${gate} asks for a comment`, { next: "Say why with a comment." });
  }
}

function checkSkipped({ promotion, skipped }: PromotionState, { gate }: Said): void {
  if (!skipped?.gates.includes(gate)) return;
  throw new SluiceError("Conflict", `The gate ${gate} of promotion ${promotion} is skipped in an emergency`, {
    next: `To stop it all the same: sluice promotion abort ${promotion}`,
  });
}

function commandOf(
  approval: Approval,
  said: Said,
  { person, maker, authors, now }: Weighed,
): Extract<Ruling, { do: "record" }>["command"] {
  const { promotion, gate, binding, by, via, linkBy } = said;
  const of = {
    promotion,
    gate,
    binding: { release: binding.release, diff: binding.diff },
    by,
    via,
    at: now,
    ...(linkBy !== undefined && { linkBy }),
  };
  const comment = said.comment?.trim();
  if (said.verdict === "reject") return { type: "RejectApproval", ...of, reason: comment ?? "" };
  const { expiresAfter } = approval;
  return {
    type: "GiveApproval",
    ...of,
    groups: [...person.groups].toSorted(),
    ...(comment && { comment }),
    // Where it is allowed now; the gate may not allow it any more when it is looked at next.
    ...((isAmong(person, authors) || (maker && isAmong(maker, authors))) && { own: true as const }),
    ...(expiresAfter !== undefined && {
      expiresAt: new Date(Date.parse(now) + durationMs(expiresAfter)).toISOString(),
    }),
  };
}

const ended = ({ ended: ids }: PipelineState, promotion: string): SluiceError =>
  ids.includes(promotion)
    ? new SluiceError("Conflict", `Promotion ${promotion} has ended`)
    : new SluiceError("NotFound", `There is no promotion ${promotion}`, {
        next: "List them with: sluice promotion list",
      });

/** The answer to a word about a promotion that has ended. */
export const over = ({ promotion, result }: Pick<PromotionState, "promotion" | "result">): SluiceError =>
  new SluiceError("Conflict", `Promotion ${promotion} has ended: it is ${result ?? "over"}`, {
    next: `See how with: sluice promotion get ${promotion}`,
  });

const used = ({ by, gate }: Said): SluiceError =>
  new SluiceError("Conflict", `This link was used: ${by.name} approved at the gate ${gate} with it`, {
    next: "To take the approval back, reject with the CLI or the API.",
  });
