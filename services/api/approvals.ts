import { isLive, sameBinding } from "../../domain/approval/asked.ts";
import { approvalGates, checkAsked, over } from "../../domain/approval/decide.ts";
import { gateMeant } from "../../domain/approval/meant.ts";
import { personOf } from "../../domain/approval/person.ts";
import type { approvalRoutes, DecisionRecorded } from "../../schemas/api/approval-routes.ts";
import { durationMs } from "../../schemas/duration.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Gate } from "../../schemas/kinds/gate.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import { hasRole } from "./access.ts";
import { linkPath, timesApproved } from "./approval-links.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";
import { promotionNamed } from "./promotions.ts";

export type ApprovalPorts = Pick<ApiPorts, "views" | "projector" | "ledger" | "decide" | "seals">;

/** A person's word on the way to the ledger. */
export interface Word {
  verdict: "approve" | "reject";
  /** Account that decides. */
  person: string;
  gate?: string | undefined;
  /** Digest that was seen; as it is now when absent. */
  difference?: string | undefined;
  comment?: string | undefined;
  via: "api" | "cli" | "link";
  /** Account that made the link. */
  linkBy?: string | undefined;
}

/** Routes of operators' yes and no. */
export function approvalHandlers(
  ports: ApprovalPorts,
  now: () => Date,
): Required<Pick<Handlers, keyof typeof approvalRoutes>> {
  return {
    approve: async ({ params, body: { gate, difference, comment, via }, actor }) =>
      await say(ports, await promotionNamed(ports, params), {
        ...{ verdict: "approve", person: actor.name, gate, difference, comment, via, now: now() },
      }),
    reject: async ({ params, body: { gate, difference, reason, via }, actor }) =>
      await say(ports, await promotionNamed(ports, params), {
        ...{ verdict: "reject", person: actor.name, gate, difference, comment: reason, via, now: now() },
      }),
    createApprovalLink: async ({ params, body: { person, gate, expiresIn }, caller }) => {
      const promotion = await promotionNamed(ports, params);
      const whose = person ?? caller.account;
      if (whose !== caller.account && !hasRole(caller, "admin")) {
        throw new SluiceError("Forbidden", `A link of ${whose} decides as ${whose}: only an administrator makes it`, {
          next: "Make one of your own, or let the notification of the gate send it.",
        });
      }
      if (whose !== caller.account && !ports.views.get("accounts", whose)) {
        throw new SluiceError("NotFound", `There is no Account ${whose}`, { next: "See: sluice account list" });
      }
      const meant = gateOf(ports, promotion, { person: whose, gate });
      const expiresAt = new Date(now().getTime() + durationMs(expiresIn)).toISOString();
      const path = linkPath(ports.seals, { promotion, gate: meant.name, person: whose, by: caller.account, expiresAt });
      return { path, person: whose, gate: meant.name, expiresAt, counts: differenceOf(promotion).counts };
    },
  };
}

/** Has a person's word recorded, once, by the workflow of its stage. Throws what it is refused with. */
export async function say(
  ports: ApprovalPorts,
  promotion: PromotionView,
  word: Word & { now: Date },
): Promise<DecisionRecorded> {
  const { verdict, person, comment, via, linkBy } = word;
  const { pipeline, stage, promotion: id, release } = promotion;
  const gate = gateOf(ports, promotion, word);
  const { sequence, news } =
    seen(ports, promotion, gate, word) ??
    (await ports.decide(pipeline, stage, {
      ...{ promotion: id, gate: gate.name, verdict, via },
      binding: bindingOf(promotion, word),
      by: { kind: "user", name: person },
      groups: [...(ports.views.get("accounts", person)?.spec.groups ?? [])].toSorted(),
      // The same word again is another one once the first has ended.
      earlier: timesApproved(promotion, gate.name, person, { ended: true }),
      ...(comment !== undefined && { comment }),
      ...(linkBy !== undefined && { linkBy }),
    }));
  const required = gate.approval?.required ?? 1;
  return {
    pipeline,
    stage,
    promotion: id,
    release,
    gate: gate.name,
    verdict,
    by: person,
    required,
    changed: news,
    sequence,
  };
}

const bindingOf = (promotion: PromotionView, { difference }: Word) => ({
  release: promotion.release,
  diff: difference ?? differenceOf(promotion).digest,
});

/**
 * What a word comes to that needs no workflow, by views as far as the ledger when it came: said before, of a promotion that has ended, or of
 * somebody who is not asked. Everything else the ledger judges.
 */
function seen(
  { views }: Pick<ApprovalPorts, "views">,
  promotion: PromotionView,
  { name, approval }: Gate,
  word: Word & { now: Date },
): { sequence: number; news: false } | undefined {
  if (wasSaid(promotion, name, word, word.now.toISOString())) {
    return { sequence: promotion.lastSequence, news: false };
  }
  if (promotion.phase === "Ended") throw over(promotion);
  if (approval) checkAsked(approval, personOf(word.person, views.get("accounts", word.person)?.spec), name);
  return undefined;
}

function wasSaid(promotion: PromotionView, gate: string, word: Word, now: string): boolean {
  const { approvals, rejected } = promotion;
  if (word.verdict === "reject") return rejected?.gate === gate && rejected.by.name === word.person;
  const isSame = (one: PromotionView["approvals"][number]) =>
    one.gate === gate && one.by.name === word.person && sameBinding(one.binding, bindingOf(promotion, word));
  return approvals.some((one) => one.voided === undefined && isLive(one, now) && isSame(one));
}

function gateOf(ports: Pick<ApiPorts, "views">, promotion: PromotionView, of: Pick<Word, "person" | "gate">): Gate {
  const { views } = ports;
  const policies = new Map(views.list("gatePolicies").map(({ value }) => [value.name, value.spec]));
  const gates = approvalGates(views.get("pipelines", promotion.pipeline)?.spec, promotion, policies);
  return gateMeant(gates, personOf(of.person, views.get("accounts", of.person)?.spec), promotion, of.gate);
}

function differenceOf({ difference, promotion }: PromotionView): NonNullable<PromotionView["difference"]> {
  if (difference) return difference;
  throw new SluiceError("Conflict", `What promotion ${promotion} changes is not rendered yet`, {
    next: `See what it waits for with: sluice why ${promotion}`,
  });
}
