import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { NewsReads, Tellers, Told } from "./told.ts";

const short = (revision: string | undefined): string => revision?.slice(0, 12) ?? "";

/** News about an application: what it is selected by, and the facts that every text has. */
function about(name: string, reads: NewsReads, message: string, more: Record<string, string> = {}) {
  const view = reads.get("applications", name);
  return {
    subject: name,
    ...(view && { project: view.spec.project }),
    facts: {
      application: name,
      ...(view && { project: view.spec.project, cluster: view.cluster ?? "" }),
      message,
      ...more,
    },
  };
}

const ran = ({ operation, revision }: { operation: string; revision?: string | undefined }) => ({
  operation,
  revision: revision ?? "",
});

const failed = (name: string, reads: NewsReads, message: string, facts: Record<string, string>): Told[] => [
  { ...about(name, reads, message, facts), trigger: "sync-failed", severity: "error", key: `sync/${name}` },
];

/** What the events of an application tell. */
export const APPLICATION_NEWS: Tellers<ApplicationEvent> = {
  SyncSucceeded: (data, name, reads) => {
    const back = data.kind === "rollback";
    const message = `${name} ${back ? "was rolled back to" : "is synced to"} ${short(data.revision)} and ${data.health}`;
    return [
      {
        ...about(name, reads, message, ran(data)),
        trigger: back ? "rolled-back" : "sync-succeeded",
        severity: back ? "warning" : "info",
        key: `sync/${name}`,
        resolves: true,
      },
    ];
  },
  SyncFailed: (data, name, reads) => failed(name, reads, `the sync of ${name} failed: ${data.message}`, ran(data)),
  SyncTimedOut: (data, name, reads) =>
    failed(name, reads, `the sync of ${name} took longer than ${data.limitSeconds} s`, ran(data)),
  HealthChanged: ({ from, to, objects }, name, reads) => {
    if (to !== "Degraded" && from !== "Degraded") return [];
    const bad = to === "Degraded";
    const which = objects.map(({ object }) => object).slice(0, 5);
    const message = `${name} turned from ${from} to ${to}${which.length > 0 ? `: ${which.join(", ")}` : ""}`;
    return [
      {
        ...about(name, reads, message, { from, to }),
        ...{ trigger: "health-degraded", severity: bad ? "error" : "info", key: `health/${name}` },
        ...(!bad && { resolves: true }),
      },
    ];
  },
  DriftDetected: ({ objects }, name, reads) => {
    if (objects.length === 0) return [];
    const shown = objects.map(({ object, managers }) => [object, ...managers].join(" by ")).slice(0, 5);
    const what = objects.length === 1 ? "An object" : `${objects.length} objects`;
    const message = `${what} of ${name} changed by hand: ${shown.join("; ")}`;
    return [
      {
        ...about(name, reads, message),
        ...{ trigger: "drift-detected", severity: "warning", key: `drift/${name}` },
      },
    ];
  },
  DriftResolved: (_, name, reads) => [
    {
      ...about(name, reads, `${name} is as it was applied again`),
      ...{ trigger: "drift-detected", severity: "info", key: `drift/${name}`, resolves: true },
    },
  ],
};
