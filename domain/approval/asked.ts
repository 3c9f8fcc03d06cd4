import type { Approval } from "../../schemas/kinds/gate.ts";
import type { ApprovalBinding } from "../../schemas/promotion.ts";
import type { ApprovalRecord } from "../promotion/state.ts";

/** Whether two are bound to exactly the same release and difference. */
export const sameBinding = (one: ApprovalBinding | undefined, other: ApprovalBinding | undefined): boolean =>
  one !== undefined && other !== undefined && one.release === other.release && one.diff === other.diff;

/** Whether a gate asks a person, by name or by one of the groups. */
export const isAsked = (
  { people, groups }: Pick<Approval, "people" | "groups">,
  person: { name: string; groups: readonly string[] },
): boolean => people.includes(person.name) || person.groups.some((group) => groups.includes(group));

/** An approval counts before the instant that it expires at, not at it. */
export const isLive = ({ expiresAt }: Pick<ApprovalRecord, "expiresAt">, now: string): boolean =>
  expiresAt === undefined || Date.parse(now) < Date.parse(expiresAt);
