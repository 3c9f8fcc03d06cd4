import { type Judged, type Said, say } from "./input.ts";

const said = say("dependency");

/** Whether a stage, of another pipeline mostly, runs what is verified there, and with `Idle` nothing else is on its way. */
export function judgeDependency({ gate, pipeline, state, pipelines }: Judged): Said {
  const wanted = gate.dependency!;
  const name = `${wanted.pipeline}/${wanted.stage}`;
  const evidence = { dependency: name, state: wanted.state };
  const other = wanted.pipeline === pipeline ? state : pipelines.get(wanted.pipeline);
  if (!other?.configuration?.spec.stages.some((stage) => stage.name === wanted.stage)) {
    return said("block", "DependencyUnknown", `there is no stage ${name}; apply its pipeline, or take the gate away`, {
      evidence,
    });
  }
  const stage = other.stages[wanted.stage];
  if (stage?.current?.verifiedAt === undefined) {
    const what = stage?.current === undefined ? "runs no release yet" : "runs a release that is not verified there";
    return said("wait", "DependencyNotVerified", `${name} ${what}`, { evidence });
  }
  const busy = stage.running ?? stage.queue[0];
  const more = { evidence: { ...evidence, release: stage.current.release, verifiedAt: stage.current.verifiedAt } };
  if (wanted.state === "Idle" && busy !== undefined) {
    return said("wait", "DependencyBusy", `${name} is at work on the promotion ${busy}`, more);
  }
  return said("pass", "DependencyVerified", `what ${name} runs is verified there`, more);
}
