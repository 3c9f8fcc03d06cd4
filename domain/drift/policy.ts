import type { SyncPolicy } from "../../schemas/kinds/application.ts";

/** What a change by hand leads to. */
export type DriftPolicy = "remediate" | "report" | "ignore";

/** The policy as it is set; otherwise an application that heals itself is put back, and any other only reported. */
export const driftPolicyOf = ({ drift, automated }: SyncPolicy): DriftPolicy =>
  drift ?? (automated?.enabled && automated.selfHeal ? "remediate" : "report");
