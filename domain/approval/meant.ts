import { SluiceError } from "../../schemas/errors.ts";
import type { Gate } from "../../schemas/kinds/gate.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import { isAsked } from "./asked.ts";
import { deciders } from "./decide.ts";
import type { Person } from "./person.ts";

type Seen = Pick<PromotionView, "promotion" | "stage" | "gates" | "approvals">;

/**
 * The gate that a person means who names none: the one that asks the person and waits, of several the one that has no yes of the person yet.
 * Throws Conflict where no gate asks anybody, Forbidden where none asks this person, InvalidInput where several do.
 */
export function gateMeant(gates: readonly Gate[], person: Person, promotion: Seen, named?: string): Gate {
  if (named !== undefined) return gateNamed(gates, promotion, named);
  if (gates.length === 0) throw new SluiceError("Conflict", `Stage ${promotion.stage} asks nobody for approval`);
  const mine = gates.filter(({ approval }) => approval && isAsked(approval, person));
  if (mine.length === 0) throw notAsked(gates, person, promotion);
  const waiting = mine.filter(({ name }) => waits(promotion, name));
  const open = waiting.filter(({ name }) => !hasSaidYes(promotion, person, name));
  for (const some of [open, waiting, mine]) if (some.length === 1) return some[0]!;
  const names = (open.length > 0 ? open : mine).map(({ name }) => name);
  throw new SluiceError("InvalidInput", `Several gates ask ${person.name}: ${names.join(", ")}`, {
    next: "Say which with --gate.",
  });
}

function gateNamed(gates: readonly Gate[], { promotion }: Seen, named: string): Gate {
  const found = gates.find(({ name }) => name === named);
  if (found) return found;
  throw new SluiceError("NotFound", `Promotion ${promotion} has no gate ${named} that asks for approval`, {
    next:
      gates.length === 0 ? "Its stage asks nobody." : `Those that ask are: ${gates.map(({ name }) => name).join(", ")}`,
  });
}

const waits = ({ gates }: Seen, gate: string): boolean =>
  gates.some(({ gate: name, state }) => name === gate && state !== "pass");

const hasSaidYes = ({ approvals }: Seen, person: Person, gate: string): boolean =>
  approvals.some((one) => one.gate === gate && one.by.name === person.name && one.voided === undefined);

function notAsked(gates: readonly Gate[], person: Person, { promotion }: Seen): SluiceError {
  const who = [...new Set(gates.flatMap(({ approval }) => (approval ? deciders(approval) : [])))];
  return new SluiceError("Forbidden", `No gate of promotion ${promotion} asks ${person.name}`, {
    next: `Those who may decide are ${who.join(", ")}.`,
  });
}
