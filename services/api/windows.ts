import { clusterOf } from "../../domain/configuration/references.ts";
import { clocked, describeWindow } from "../../domain/window/window.ts";
import { windowVerdict } from "../../domain/window/window-hold.ts";
import type { WindowView } from "../../schemas/api/bodies.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { Actor, OperationOptions } from "../../schemas/operation.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import type { ApiPorts } from "./ports.ts";

/** The windows of a project as they stand at an instant, in milliseconds. */
export function windowViews({ syncWindows = [] }: Pick<ProjectSpec, "syncWindows">, instant: number): WindowView[] {
  return syncWindows.map((window) => {
    const { open = false, opens, closes } = clocked(window)?.at(instant) ?? {};
    return {
      ...window,
      text: describeWindow(window),
      state: open ? "Open" : "Closed",
      ...(closes !== undefined && { closesAt: new Date(closes).toISOString() }),
      ...(opens !== undefined && { opensAt: new Date(opens).toISOString() }),
    };
  });
}

/** Throws Forbidden where somebody asks to override a closed sync window that none of his roles may. The worker asks again. */
export function checkOverride(
  { views }: Pick<ApiPorts, "views">,
  { name, spec }: ApplicationView,
  { options, actor, at }: { options: OperationOptions; actor: Actor; at: Date },
): void {
  const project = views.get("projects", spec.project);
  if (!options.overrideWindow || !project) return;
  const clusters = new Map(views.list("clusters").map(({ value }) => [value.name, value.spec]));
  const { destination } = spec;
  const cluster = clusterOf(destination, clusters) ?? {
    name: destination.name ?? "",
    server: destination.server ?? "",
  };
  const subject = { application: name, namespace: destination.namespace ?? "default", cluster };
  const request = { kind: "sync", trigger: { type: "manual", actor, cause: "" }, options } as const;
  const verdict = windowVerdict({ name: project.name, spec: project.spec }, subject, request, at.getTime());
  if (verdict.verdict === "refused") throw new SluiceError("Forbidden", verdict.message, { next: verdict.next });
}
