import type { Approval } from "../../schemas/kinds/gate.ts";
import type { ApprovalBinding } from "../../schemas/promotion.ts";
import type { ApprovalRecord } from "../promotion/state.ts";

/** How far a gate's approvals are. */
export interface Quorum {
  met: boolean;
  required: number;
  /** Those that count, one of each person, the oldest first. */
  counted: ApprovalRecord[];
  missing: number;
  /** RFC 3339: when the quorum, or what there is of it, loses the first approval; absent when none expires. */
  until?: string;
}

export const sameBinding = (one: ApprovalBinding | undefined, other: ApprovalBinding | undefined): boolean =>
  one !== undefined && other !== undefined && one.release === other.release && one.diff === other.diff;

/** Whether a gate asks a person, by name or by one of the groups. */
export const isAsked = (
  { people, groups }: Pick<Approval, "people" | "groups">,
  person: { name: string; groups: readonly string[] },
): boolean => people.includes(person.name) || person.groups.some((group) => groups.includes(group));

/**
 * Which approvals of a gate count now: bound to exactly what is to be promoted, of different people whom the gate asks, not expired. Pure,
 * so that whoever judges a gate and whoever records a yes can't differ.
 */
export function quorumOf(input: {
  gate: string;
  approval: Pick<Approval, "required" | "people" | "groups">;
  binding: ApprovalBinding | undefined;
  approvals: readonly ApprovalRecord[];
  /** RFC 3339. */
  now: string;
}): Quorum {
  const { approval, binding, now } = input;
  const counting = input.approvals.filter(
    (one) =>
      one.gate === input.gate && sameBinding(one.binding, binding) && isLive(one, now) && isAsked(approval, who(one)),
  );
  const counted = onePerPerson(counting);
  const ends = counted.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
  const [until] = ends.toSorted((one, other) => Date.parse(one) - Date.parse(other));
  return {
    met: counted.length >= approval.required,
    required: approval.required,
    counted,
    missing: Math.max(0, approval.required - counted.length),
    ...(until !== undefined && { until }),
  };
}

/** An approval counts before the instant that it expires at, not at it. */
export const isLive = ({ expiresAt }: Pick<ApprovalRecord, "expiresAt">, now: string): boolean =>
  expiresAt === undefined || Date.parse(now) < Date.parse(expiresAt);

const who = ({ by, groups }: ApprovalRecord) => ({ name: by.name, groups });

/** Of several by one person the one that holds longest, so that saying yes again never shortens it. */
function onePerPerson(approvals: readonly ApprovalRecord[]): ApprovalRecord[] {
  const best = new Map<string, ApprovalRecord>();
  for (const one of approvals) {
    const before = best.get(one.by.name);
    if (before === undefined || ends(one) > ends(before)) best.set(one.by.name, one);
  }
  return [...best.values()].toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

const ends = ({ expiresAt }: ApprovalRecord): number =>
  expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
