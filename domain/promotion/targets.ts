import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationSelection, PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import { labelsMatch, parseLabelSelector } from "../../schemas/label-selector.ts";
import { globMatches } from "../project/glob.ts";
import { compareText } from "../sync/identity.ts";

/** An application as far as stages select it. */
export interface Selectable {
  name: string;
  project: string;
  labels: Record<string, string>;
}

/** An application of a stage, and the wave it is in. */
export interface Placed {
  application: string;
  wave: number;
}

type Selection = Partial<ApplicationSelection>;

/** Whether a stage or wave selects an application: by name and by label where both are given; all where neither is. */
export function selects({ names, selector }: Selection, { name, labels }: Selectable): boolean {
  if (names !== undefined && !names.some((pattern) => globMatches(pattern, name))) return false;
  if (selector === undefined) return true;
  const requirements = parseLabelSelector(selector);
  return requirements !== undefined && labelsMatch(requirements, labels);
}

/** The stage of a pipeline by its name. Throws NotFound. */
export function stageNamed({ stages }: Pick<PipelineSpec, "stages">, name: string): Stage {
  const stage = stages.find((one) => one.name === name);
  if (stage) return stage;
  throw new SluiceError("NotFound", `The pipeline has no stage ${name}`, {
    next: `It has ${stages.map((one) => one.name).join(", ")}.`,
  });
}

/** The applications of the pipeline's own project that a stage selects, sorted by name. */
export function selectedBy<Application extends Selectable>(
  { project }: Pick<PipelineSpec, "project">,
  { applications }: Pick<Stage, "applications">,
  all: readonly Application[],
): Application[] {
  return all
    .filter((application) => application.project === project && selects(applications, application))
    .toSorted((a, b) => compareText(a.name, b.name));
}

/**
 * The applications of a stage, wave by wave, in each by name. Throws InvalidInput where the stage selects none, and for those that no wave
 * takes.
 */
export function placesIn(
  spec: Pick<PipelineSpec, "project" | "stages">,
  name: string,
  all: readonly Selectable[],
): Placed[] {
  const stage = stageNamed(spec, name);
  const selected = selectedBy(spec, stage, all);
  if (selected.length === 0) {
    throw new SluiceError("InvalidInput", `Stage ${name} selects no application of project ${spec.project}`, {
      next: "create its applications, or change what the stage selects: `sluice app list` names those there are",
    });
  }
  const waves: Selection[] = stage.waves ?? [{}];
  const placed = selected.map((application) => ({
    application: application.name,
    wave: waves.findIndex((wave) => selects(wave, application)),
  }));
  const left = placed.filter(({ wave }) => wave < 0).map(({ application }) => application);
  if (left.length === 0) return placed.toSorted((a, b) => a.wave - b.wave);
  throw new SluiceError("InvalidInput", `No wave of stage ${name} takes ${left.slice(0, 5).join(", ")}`, {
    next: "add a wave without names and selector as the last one: it takes all that are left",
  });
}
