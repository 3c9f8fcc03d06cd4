import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Finding } from "../configuration/references.ts";
import { gatesOf } from "../gate/resolve.ts";
import { stagesBefore } from "../gate/upstream.ts";
import { missing, type PipelineKnown } from "./check-known.ts";

/** Stages that wait for what is not there, or in a circle. */
export function checkOrder(spec: PipelineSpec): Finding[] {
  const names = spec.stages.map(({ name }) => name);
  return spec.stages.flatMap((stage, index) =>
    (stage.after ?? []).flatMap((before, at): Finding[] => {
      const path = `spec.stages.${index}.after.${at}`;
      if (!names.includes(before)) return [missing(path, "stage", before, names)];
      if (stage.after!.indexOf(before) < at) return [{ path, message: `stage ${before} is named twice` }];
      const circle = wayTo(spec, before, stage.name);
      if (!circle) return [];
      const way = [stage.name, ...circle].join(" after ");
      return [{ path, message: `stages wait for each other: ${way}`, next: "take one of them out of `after`" }];
    }),
  );
}

/** The stages from one over those before it to another, both included; undefined where there is no way. */
function wayTo(
  spec: PipelineSpec,
  from: string,
  to: string,
  passed: ReadonlySet<string> = new Set(),
): string[] | undefined {
  if (from === to) return [from];
  if (passed.has(from)) return undefined;
  const stage = spec.stages.find(({ name }) => name === from);
  for (const before of stage ? stagesBefore(spec, stage) : []) {
    const way = wayTo(spec, before, to, new Set([...passed, from]));
    if (way) return [from, ...way];
  }
  return undefined;
}

/** Dependencies on stages that are not there, and those that can never open: the stage waits for one that waits for it. */
export function checkDependencyGates(name: string, spec: PipelineSpec, known: PipelineKnown): Finding[] {
  const pipelines = new Map(known.pipelines).set(name, spec);
  return spec.stages.flatMap((stage, index) =>
    stage.gates.flatMap((gate, at) => {
      const place = `spec.stages.${index}.gates.${at}`;
      const own = { pipeline: name, stage: stage.name };
      return gatesOf({ gates: [gate] }, known.gatePolicies).flatMap(({ dependency }): Finding[] => {
        if (!dependency) return [];
        const path = gate.policy === undefined ? `${place}.dependency` : `${place}.policy`;
        const there = pipelines.get(dependency.pipeline);
        if (!there)
          return [missing(pathOf(path, gate.policy, "pipeline"), "Pipeline", dependency.pipeline, pipelines.keys())];
        const stages = there.stages.map((each) => each.name);
        if (!stages.includes(dependency.stage)) {
          const message = `Pipeline ${dependency.pipeline} has no stage ${dependency.stage}`;
          return [{ path: pathOf(path, gate.policy, "stage"), message, next: `it has ${stages.join(", ")}` }];
        }
        if (!waitsFor(dependency, own, { ...known, pipelines })) return [];
        const message = `the gate can never open: ${dependency.pipeline}/${dependency.stage} waits for ${name}/${stage.name}`;
        return [{ path, message, next: "take one of the dependencies away" }];
      });
    }),
  );
}

const pathOf = (path: string, policy: string | undefined, member: string): string =>
  policy === undefined ? `${path}.${member}` : path;

interface Place {
  pipeline: string;
  stage: string;
}

/** Whether a stage waits, over stages before it and dependencies, for another one. */
function waitsFor(from: Place, to: Place, known: Pick<PipelineKnown, "pipelines" | "gatePolicies">): boolean {
  const open = [from];
  const seen = new Set<string>();
  for (let place = open.pop(); place; place = open.pop()) {
    if (place.pipeline === to.pipeline && place.stage === to.stage) return true;
    const key = `${place.pipeline}/${place.stage}`;
    if (seen.has(key)) continue;
    seen.add(key);
    open.push(...waitedFor(place, known));
  }
  return false;
}

function waitedFor(
  { pipeline, stage: name }: Place,
  { pipelines, gatePolicies }: Pick<PipelineKnown, "pipelines" | "gatePolicies">,
): Place[] {
  const spec = pipelines.get(pipeline);
  const stage = spec?.stages.find((each) => each.name === name);
  if (!spec || !stage) return [];
  const before = stagesBefore(spec, stage).map((each) => ({ pipeline, stage: each }));
  const dependencies = gatesOf(stage, gatePolicies).flatMap(({ dependency }) => dependency ?? []);
  return [...before, ...dependencies];
}
