import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import type { Finding } from "../configuration/references.ts";
import type { PipelineKnown } from "./check-known.ts";
import { selectedBy } from "./targets.ts";

type Known = Pick<PipelineKnown, "applications" | "labels">;

const NEXT = "leave out the application's syncPolicy.automated, or use mode pin";

/** Whether a commit reaches every application of a stage at once, so that one that syncs by itself would not wait for its wave. */
const hasOrder = ({ promotion, waves }: Stage): boolean => promotion.mode !== "pin" && (waves?.length ?? 1) > 1;

function selected(spec: PipelineSpec, stage: Stage, { applications, labels }: Known): string[] {
  const all = [...applications].map(([name, { project }]) => ({ name, project, labels: labels.get(name) ?? {} }));
  return selectedBy(spec, stage, all).map(({ name }) => name);
}

const isAutomated = ({ applications }: Known, name: string): boolean =>
  applications.get(name)?.syncPolicy.automated?.enabled === true;

/** Stages that go by Git, wave by wave, with applications that take each commit by themselves. */
export function checkAutomated(spec: PipelineSpec, known: Known): Finding[] {
  return spec.stages.flatMap((stage, index) => {
    const automated = hasOrder(stage) ? selected(spec, stage, known).filter((name) => isAutomated(known, name)) : [];
    if (automated.length === 0) return [];
    const message = `${automated.slice(0, 5).join(", ")} would sync the commit without waiting for a wave`;
    return [{ path: `spec.stages.${index}.waves`, message, next: NEXT }];
  });
}

/** The same, told of an application that such a stage selects already. */
export function checkWaits(name: string, known: Known & Pick<PipelineKnown, "pipelines">): Finding[] {
  if (!isAutomated(known, name)) return [];
  const own = { name, project: known.applications.get(name)!.project, labels: known.labels.get(name) ?? {} };
  for (const [pipeline, spec] of known.pipelines) {
    const stage = spec.stages.find((one) => hasOrder(one) && selectedBy(spec, one, [own]).length > 0);
    if (!stage) continue;
    const message = `stage ${stage.name} of Pipeline ${pipeline} commits wave by wave, and this application would not wait`;
    return [{ path: "spec.syncPolicy.automated", message, next: NEXT }];
  }
  return [];
}
