import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import { parseLabelSelector } from "../../schemas/label-selector.ts";
import type { Finding } from "../configuration/references.ts";
import type { PipelineKnown } from "./check-known.ts";
import { type Selectable, selectedBy, selects } from "./targets.ts";

/** Names in a message, at most. */
const NAMED = 5;

/** Selectors that are none, stages that select nothing, and applications that two stages or no wave would have. */
export function checkSelections(name: string, spec: PipelineSpec, known: PipelineKnown): Finding[] {
  const unreadable = spec.stages.flatMap(checkSelectors);
  if (unreadable.length > 0) return unreadable;
  const all = selectable(known);
  return spec.stages.flatMap((stage, index) => {
    const place = `spec.stages.${index}`;
    const selected = selectedBy(spec, stage, all);
    if (selected.length === 0) {
      const message = `stage ${stage.name} selects no application of project ${spec.project}`;
      return [{ path: `${place}.applications`, message, next: nextForNone(spec, all) }];
    }
    return [
      ...inOtherStages(selected, place, othersThan({ name, spec, index }, selected, { known, all })),
      ...withoutWave(stage, selected, place),
    ];
  });
}

const selectable = ({ applications, labels }: PipelineKnown): Selectable[] =>
  [...applications].map(([name, { project }]) => ({ name, project, labels: labels.get(name) ?? {} }));

function checkSelectors(stage: Stage, index: number): Finding[] {
  const places: [string, string | undefined][] = [
    [`spec.stages.${index}.applications.selector`, stage.applications.selector],
    ...(stage.waves ?? []).map(({ selector }, wave): [string, string | undefined] => [
      `spec.stages.${index}.waves.${wave}.selector`,
      selector,
    ]),
  ];
  return places.flatMap(([path, selector]) =>
    selector !== undefined && parseLabelSelector(selector) === undefined
      ? [
          {
            path,
            message: `${selector} is no label selector`,
            next: "write it as kubectl takes it: tier=web,env in (a, b)",
          },
        ]
      : [],
  );
}

function nextForNone({ project }: PipelineSpec, all: readonly Selectable[]): string {
  const names = all.filter((each) => each.project === project).map(({ name }) => name);
  if (names.length === 0) return "apply its applications first or together with this";
  return `the project's applications are ${listed(names.toSorted())}`;
}

/** A stage that has an application. */
interface Owner {
  pipeline: string;
  stage: string;
}

/** What a batch is checked against is the same for all of its objects, so who has what is found out once. */
const OWNERS = new WeakMap<PipelineKnown, ReadonlyMap<string, readonly Owner[]>>();

/** Which stages have each application, over all pipelines. */
function ownersIn(known: PipelineKnown, all: readonly Selectable[]): ReadonlyMap<string, readonly Owner[]> {
  const found = OWNERS.get(known);
  if (found) return found;
  const owners = new Map<string, Owner[]>();
  for (const [pipeline, spec] of known.pipelines) {
    for (const stage of spec.stages) {
      for (const { name } of selectedBy(spec, stage, all)) {
        owners.set(name, [...(owners.get(name) ?? []), { pipeline, stage: stage.name }]);
      }
    }
  }
  OWNERS.set(known, owners);
  return owners;
}

/** Who else has applications of a stage: stages of other pipelines, and those in front of it. */
function othersThan(
  { name, spec, index }: { name: string; spec: PipelineSpec; index: number },
  selected: readonly Selectable[],
  { known, all }: { known: PipelineKnown; all: readonly Selectable[] },
): Map<string, string> {
  const others = new Map<string, string>();
  const owners = ownersIn(known, all);
  for (const application of selected) {
    const other = owners.get(application.name)?.find(({ pipeline }) => pipeline !== name);
    if (other) others.set(application.name, `stage ${other.stage} of Pipeline ${other.pipeline}`);
  }
  for (const stage of spec.stages.slice(0, index)) {
    for (const application of selectedBy(spec, stage, selected)) others.set(application.name, `stage ${stage.name}`);
  }
  return others;
}

function inOtherStages(selected: readonly Selectable[], place: string, owners: Map<string, string>): Finding[] {
  const shared = Map.groupBy(
    selected.flatMap(({ name }) => {
      const owner = owners.get(name);
      return owner === undefined ? [] : [{ name, owner }];
    }),
    ({ owner }) => owner,
  );
  return [...shared].map(([owner, of]) => ({
    path: `${place}.applications`,
    message: `${listed(of.map(({ name }) => name))} ${of.length === 1 ? "is" : "are"} in ${owner} too`,
    next: "an application has one stage: narrow one of the two",
  }));
}

function withoutWave({ waves }: Stage, selected: readonly Selectable[], place: string): Finding[] {
  if (!waves) return [];
  const left = selected.filter((application) => !waves.some((wave) => selects(wave, application)));
  if (left.length === 0) return [];
  return [
    {
      path: `${place}.waves`,
      message: `no wave takes ${listed(left.map(({ name }) => name))}`,
      next: "add a wave without names and selector as the last one: it takes all that are left",
    },
  ];
}

const listed = (names: readonly string[]): string =>
  names.slice(0, NAMED).join(", ") + (names.length > NAMED ? ` and ${names.length - NAMED} more` : "");
