import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { NewsReads, Tellers, Told } from "./told.ts";

interface Of {
  promotion: string;
  stage: string;
  release: string;
}

/** News about a promotion: what it is selected by, and the facts that every text has. */
function about(of: Of, pipeline: string, reads: NewsReads, more: Record<string, string> = {}) {
  const view = reads.get("pipelines", pipeline);
  const alias = view && reads.get("releases", `${view.spec.releaseSource}/${of.release}`)?.alias;
  const { promotion, stage, release } = of;
  return {
    subject: `${pipeline}/${stage}/${promotion}`,
    key: `promotion/${pipeline}/${promotion}`,
    ...(view && { project: view.spec.project }),
    facts: { pipeline, stage, promotion, release, alias: alias ?? release.slice(0, 12), ...more },
  };
}

type Written = { facts: Record<string, string> };

/** The same with the text that is told when the notification has none of its own. */
const saying = <Base extends Written>(base: Base, text: (facts: Base["facts"]) => string): Base => ({
  ...base,
  facts: { ...base.facts, message: text(base.facts) },
});

const where = ({ pipeline, stage, alias }: Record<string, string>): string => `${alias} in ${pipeline}/${stage}`;

/** What the events of a pipeline tell. */
export const PROMOTION_NEWS: Tellers<PipelineEvent> = {
  ApprovalRequested: ({ gate, required, ...of }, pipeline, reads) => {
    const counts = reads.get("promotions", `${pipeline}/${of.promotion}`)?.difference?.counts;
    const change = counts
      ? `${counts.created} created, ${counts.changed} changed, ${counts.deleted} deleted in ${counts.applications} applications`
      : "not rendered yet";
    const base = about(of, pipeline, reads, { gate, required: String(required), change });
    const told = saying(base, (facts) => `${where(facts)} waits for ${required} at gate ${gate} (${change})`);
    return [{ ...told, trigger: "waiting-for-approval", severity: "info" }];
  },
  PromotionSucceeded: (of, pipeline, reads) => {
    const back = reads.get("promotions", `${pipeline}/${of.promotion}`)?.trigger.type === "rollback";
    const told = saying(about(of, pipeline, reads), (facts) =>
      back
        ? `${facts["pipeline"]}/${facts["stage"]} was rolled back to ${facts["alias"]}`
        : `${where(facts)} is promoted`,
    );
    return [
      {
        ...told,
        trigger: back ? "rolled-back" : "promotion-succeeded",
        severity: back ? "warning" : "info",
        resolves: true,
      },
    ];
  },
  PromotionFailed: ({ code, message, ...of }, pipeline, reads) => {
    const told = saying(
      about(of, pipeline, reads, { code, reason: message }),
      (facts) => `${where(facts)} failed: ${message}`,
    );
    return [{ ...told, trigger: "promotion-failed", severity: "error" }];
  },
  PromotionAborted: ({ by, reason, ...of }, pipeline, reads) => {
    const why = reason === undefined ? "" : `: ${reason}`;
    const told = saying(
      about(of, pipeline, reads, { by: by.name }),
      (facts) => `${where(facts)} was aborted by ${by.name}${why}`,
    );
    return [{ ...told, trigger: "promotion-aborted", severity: "warning" }];
  },
  ApprovalRejected: ({ by, gate, reason, ...of }, pipeline, reads) => {
    const base = about(of, pipeline, reads, { by: by.name, gate, reason });
    const told = saying(base, (facts) => `${where(facts)} was rejected by ${by.name} at gate ${gate}: ${reason}`);
    return [{ ...told, trigger: "promotion-failed", severity: "warning" }];
  },
  VerificationCompleted: ({ phase, message, run, ...of }, pipeline, reads): Told[] => {
    if (phase !== "Inconclusive") return [];
    const base = about(of, pipeline, reads, { run, reason: message ?? "" });
    const told = saying(base, (facts) => `the verification of ${where(facts)} is inconclusive: a person has to decide`);
    return [{ ...told, trigger: "promotion-inconclusive", severity: "warning" }];
  },
  EmergencyDeclared: ({ by, gates, reason, record, ...of }, pipeline, reads) => {
    const base = about(of, pipeline, reads, { by: by.name, gates: gates.join(", "), reason, record });
    const told = saying(base, (facts) => `${by.name} skips ${gates.join(", ")} for ${where(facts)}: ${reason}`);
    return [{ ...told, trigger: "emergency", severity: "error" }];
  },
};
