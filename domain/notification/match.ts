import type { NotificationSpec } from "../../schemas/kinds/notification.ts";
import { globMatches } from "../project/glob.ts";
import type { News } from "./told.ts";

type Selection = Pick<
  NotificationSpec,
  "triggers" | "pipelines" | "stages" | "applications" | "projects" | "suspended"
>;

/**
 * Whether a notification tells of something. A list that is given leaves out what has another name of that sort; what has none, such as
 * an application's news where only `pipelines` is given, is left out too. A stop of the line is told whatever is selected.
 */
export function matches(selection: Selection, { trigger, facts, project, pipelines, everybody }: News): boolean {
  if (selection.suspended || !(selection.triggers as readonly string[]).includes(trigger)) return false;
  if (everybody) return true;
  const fits = (globs: readonly string[] | undefined, ...names: (string | undefined)[]): boolean =>
    globs === undefined || names.some((name) => name !== undefined && globs.some((glob) => globMatches(glob, name)));
  return (
    fits(selection.pipelines, facts["pipeline"], ...(pipelines ?? [])) &&
    fits(selection.stages, facts["stage"]) &&
    fits(selection.applications, facts["application"]) &&
    fits(selection.projects, project)
  );
}
