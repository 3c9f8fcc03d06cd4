import { HEALTH_ORDER } from "../../schemas/operation.ts";
import type { OperationView } from "../../schemas/views.ts";
import { type Cause, type Look, readable, words } from "./cause.ts";
import { nextFor } from "./waiting.ts";

type Ended = Pick<OperationView, "code" | "kind" | "message" | "noted" | "endedAt" | "result">;
type WayOut = Pick<Cause, "who" | "next">;

/** Why the last operation did not end well, and what can be done; none when it did. */
export function failureCauses(application: string, last: Ended | undefined, looks: readonly Look[]): Cause[] {
  if (last === undefined || !ENDED_BADLY.has(last.result)) return [];
  const since = last.endedAt === undefined ? {} : { since: last.endedAt };
  const reason = last.code ?? (last.result === "TimedOut" ? "Timeout" : last.result);
  const way = wayOut(reason, application, last.message ?? "");
  if (last.noted.length === 0) {
    const message = last.message ?? `the last ${last.kind} ended as ${last.result}; nothing tries it again by itself`;
    return [{ reason, message, ...since, ...way }];
  }
  const live = new Map(looks.map((look) => [look.object, look]));
  return last.noted.map((noted) => {
    const { object } = noted;
    const look = saysHealth(noted.reason) ? live.get(object) : undefined;
    const said = look ? words(look) : (noted.message ?? noted.reason);
    const more = look ? { who: way.who, next: nextFor(look, application) } : objectWay(noted, application, way);
    return { reason: noted.reason, message: `${readable(object)}: ${said}`, object, ...since, ...more };
  });
}

const ENDED_BADLY: ReadonlySet<Ended["result"]> = new Set(["Failed", "TimedOut", "Terminated"]);

/** What failed is said as it was recorded; only of health the cluster knows better now. */
const saysHealth = (reason: string): boolean => (HEALTH_ORDER as readonly string[]).includes(reason);

/** Who can do something about an error, and what to type next, by its code. */
function wayOut(code: string, application: string, message: string): WayOut {
  const [who, next] = WAYS_OUT[code] ?? [SYNCER, "sync"];
  if (immutable(message)) return { who: SYNCER, next: `sluice app sync ${application} --force` };
  return { who, next: commandOf(next, application) };
}

/** An object's own failure may say more than the operation's. */
function objectWay({ message = "" }: Ended["noted"][number], application: string, otherwise: WayOut): WayOut {
  if (immutable(message)) return { who: SYNCER, next: `sluice app sync ${application} --force` };
  if (/namespaces? "[^"]*" not found/.test(message)) {
    return {
      who: "whoever may make the namespace, or set CreateNamespace=true",
      next: `sluice app sync ${application} --sync-option CreateNamespace=true`,
    };
  }
  return otherwise;
}

const immutable = (message: string): boolean => /immutable/.test(message);

type Next = "sync" | "release" | "configuration" | "refresh" | "repositories" | "clusters" | "resources";

const commandOf = (next: Next, application: string): string => {
  switch (next) {
    case "sync":
      return `sluice app sync ${application}`;
    case "release":
      return `sluice app release ${application}`;
    case "configuration":
      return `sluice get application ${application} -o yaml`;
    case "refresh":
      return `sluice app refresh ${application}`;
    case "repositories":
      return "sluice repo list";
    case "clusters":
      return "sluice cluster list";
    case "resources":
      return `sluice app resources ${application}`;
  }
};

const SYNCER = "whoever may sync the application";
const WRITER = "whoever writes the repository; a commit that mends it is synced by itself";

/** What only a commit or the configuration can mend is not tried again by a sync. */
const WAYS_OUT: Readonly<Record<string, readonly [who: string, next: Next] | undefined>> = {
  SourceUnavailable: ["whoever runs the Git server, or holds its credentials", "repositories"],
  SourceRefused: ["whoever configures the application's source", "configuration"],
  RevisionNotFound: ["whoever writes the repository, or the application's targetRevision", "configuration"],
  RenderFailed: [`${WRITER}; or spec.source is wrong`, "configuration"],
  RenderLimit: [WRITER, "configuration"],
  Forbidden: ["whoever may change the project", "configuration"],
  Conflict: ["whoever configures the other application, or runs the other tool", "sync"],
  ClusterUnavailable: ["whoever runs the cluster", "clusters"],
  ClusterForbidden: ["whoever grants the cluster's credentials", "clusters"],
  RevisionExcluded: ["whoever may sync the application, or a newer commit", "release"],
  NotFound: ["whoever configures the application", "configuration"],
  ApplyFailed: [WRITER, "refresh"],
  HealthDegraded: ["whoever can mend the object, or a newer commit", "resources"],
  Timeout: ["whoever can mend the object, or a newer commit", "resources"],
};
