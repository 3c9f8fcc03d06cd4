import type { OperationView } from "../../schemas/views.ts";
import { type Cause, type Look, readable, words } from "./cause.ts";
import { nextFor } from "./waiting.ts";

type Ended = Pick<OperationView, "code" | "message" | "noted" | "endedAt" | "result">;

/** Who can do something about an error, by its code. */
const WHO: Readonly<Record<string, string | undefined>> = {
  SourceUnavailable: "whoever runs the Git server, or holds its credentials",
  SourceRefused: "whoever writes the application's source",
  RevisionNotFound: "whoever writes the repository, or the application's targetRevision",
  RenderFailed: "whoever writes the repository",
  RenderLimit: "whoever writes the repository",
  Forbidden: "whoever may change the project",
  Conflict: "whoever configures the other application, or runs the other tool",
  ClusterUnavailable: "whoever runs the cluster",
  ClusterForbidden: "whoever grants the cluster's credentials",
  NotFound: "whoever configures the application",
  ApplyFailed: "whoever writes the repository or owns the object",
  HealthDegraded: "whoever can mend the object, or a newer commit",
};

/** Why the last operation did not end well; undefined when it did. */
export function failureCauses(application: string, last: Ended | undefined, looks: readonly Look[]): Cause[] {
  if (last === undefined || (last.result !== "Failed" && last.result !== "TimedOut")) return [];
  const since = last.endedAt === undefined ? {} : { since: last.endedAt };
  const reason = last.code ?? (last.result === "TimedOut" ? "Timeout" : "Failed");
  const who = WHO[reason] ?? "whoever may sync the application";
  const live = new Map(looks.map((look) => [look.object, look]));
  if (last.noted.length === 0) {
    return [
      {
        reason,
        message: last.message ?? `the last operation ended as ${last.result}`,
        ...since,
        who,
        next: syncAgain(application),
      },
    ];
  }
  return last.noted.map((noted) => {
    const look = live.get(noted.object);
    const said = look && look.health !== "Healthy" ? words(look) : (noted.message ?? noted.reason);
    const next = look && look.health !== "Healthy" ? nextFor(look, application) : syncAgain(application);
    return {
      reason: noted.reason,
      message: `${readable(noted.object)}: ${said}`,
      object: noted.object,
      ...since,
      who,
      next,
    };
  });
}

const syncAgain = (application: string): string => `sluice app sync ${application}`;
