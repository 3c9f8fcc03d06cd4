import type { StageChange } from "../../../schemas/api/promotion-routes.ts";
import type { Context } from "../context.ts";
import { pipelinePath, stagePath } from "./promote.ts";

/** What each verb leaves a stage in. */
const DONE = {
  hold: "is held: nothing automatic changes it",
  release: "is released: automatic promotions change it again",
  pause: "is paused: nothing begins to move there",
  resume: "is resumed",
  exclude: "does not take the release by itself any more",
  readmit: "takes the release again",
} as const;
export type StageVerb = keyof typeof DONE;

/** Does one thing to a stage; what was so already is no error. */
export async function change(
  context: Context,
  verb: StageVerb,
  { pipeline, stage, ...body }: { pipeline: string; stage: string; reason?: string; release?: string },
): Promise<void> {
  const changed = await context.client.post<StageChange>(`${stagePath(pipeline, stage)}/${verb}`, { body });
  await told(context, changed, `stage/${changed.pipeline}/${stage} ${DONE[verb]}`);
}

/** Pauses or resumes every stage of a pipeline. */
export async function changeAll(
  context: Context,
  verb: "pause" | "resume",
  { pipeline, ...body }: { pipeline: string; reason?: string },
): Promise<void> {
  const changed = await context.client.post<StageChange>(`${pipelinePath(pipeline)}/${verb}`, { body });
  await told(context, changed, `pipeline/${changed.pipeline} ${DONE[verb]}: ${changed.stages.join(", ")}`);
}

async function told(context: Context, changed: StageChange, text: string): Promise<void> {
  if (await context.showValue(changed)) return;
  if (changed.changed) context.io.out(`${text}\n`);
  else context.note("It was so already.");
}
