import type { HealthStatus } from "../../schemas/operation.ts";

/** One object of an application, as it is now. */
export interface ObservedObject {
  application: string;
  kind: string;
  namespace: string;
  name: string;
  status: HealthStatus;
  message?: string;
  /** `status.phase` of the object, as Rollouts and Canaries have it. */
  phase?: string;
}

/** Health of applications, looked at now. */
export interface ObservedHealth {
  applications: { name: string; status: HealthStatus; message?: string }[];
  objects: ObservedObject[];
  /** Objects that were not looked at, because there are more than a measurement looks at; none when absent. */
  unseen?: number;
}

/** What health alone says, without conditions: what progresses is waited for, what is suspended waits for a person. */
export function healthSays(
  { applications, objects, unseen = 0 }: ObservedHealth,
  kinds: readonly string[] | undefined,
): { phase: "Running" | "Successful" | "Failed" | "Inconclusive" | "Error"; message?: string } {
  if (kinds && unseen > 0 && objects.every(({ status }) => status === "Healthy")) return tooMany(unseen);
  const looked = kinds
    ? objects.map(({ kind, namespace, name, ...rest }) => ({ ...rest, name: `${kind} ${namespace}/${name}` }))
    : applications;
  if (looked.length === 0) {
    const what = kinds ? `object of ${kinds.join(", ")}` : "application";
    return { phase: "Inconclusive", message: `there is no ${what} to look at` };
  }
  for (const [status, phase] of ORDER) {
    const found = looked.find((one) => one.status === status);
    if (found) {
      const why = found.message === undefined ? "" : `: ${found.message}`;
      return { phase, message: `${found.name} is ${status}${why}` };
    }
  }
  return { phase: "Successful" };
}

/** What is said where some objects were looked at and all of them are well: nothing of the others. */
export const tooMany = (unseen: number): { phase: "Inconclusive"; message: string } => ({
  phase: "Inconclusive",
  message: `${unseen} more objects were not looked at; name fewer kinds, or split the stage`,
});

/** From worst to best: the first that something is in decides. */
const ORDER: readonly [HealthStatus, "Running" | "Failed" | "Inconclusive" | "Error"][] = [
  ["Degraded", "Failed"],
  ["Missing", "Failed"],
  ["Unknown", "Error"],
  ["Suspended", "Inconclusive"],
  ["Progressing", "Running"],
];
