import type { PromotionWhy } from "../../../schemas/api/promotion-routes.ts";
import { age } from "../age.ts";
import { type Context, usage } from "../context.ts";
import { gateText, type Pipeline, shortRelease } from "../promotion-columns.ts";
import { findPromotion, promotionPath, promotionsBeginning } from "../promotion-named.ts";
import { harmless } from "../table.ts";
import { pipelinePath, stagePath } from "./promote.ts";

type Cause = PromotionWhy["causes"][number];

/** Causes told of in full; the rest are counted. */
const MOST_TOLD = 5;

/** Whether a word can be the beginning of a promotion's id, and is of one. */
export const namesPromotion = async (context: Context, name: string): Promise<boolean> =>
  /^[a-z0-9][a-z0-9-]{2,62}$/.test(name) && (await promotionsBeginning(context, name)).length > 0;

/** Throws Usage, with the stages, for the name of a pipeline: only what is in a stage has a why. */
export async function refusePipeline({ client }: Context, name: string): Promise<void> {
  const pipeline = await client.get<Pipeline>(pipelinePath(name)).catch(() => undefined);
  if (!pipeline) return;
  const stages = pipeline.spec.stages.map((stage) => `sluice why ${name}/${stage.name}`);
  throw usage(`${name} is a Pipeline: sluice why ${name}/STAGE`, `Its stages: ${stages.join(", ")}`);
}

/** Says what holds a promotion, on what evidence, who may decide, and when it is looked at again. */
export async function whyPromotion(context: Context, name: string): Promise<void> {
  const found = await findPromotion(context, name);
  await tell(context, await context.client.get<PromotionWhy>(`${promotionPath(found)}/why`));
}

/** Says why nothing moves into a stage, or what holds what does. */
export async function whyStage(context: Context, pipeline: string, stage: string): Promise<void> {
  await tell(context, await context.client.get<PromotionWhy>(`${stagePath(pipeline, stage)}/why`));
}

async function tell(context: Context, answer: PromotionWhy): Promise<void> {
  if (await context.showValue(answer)) return;
  const { io } = context;
  const { pipeline, stage, promotion, release, alias, standing, causes, gates } = answer;
  const what = release === undefined ? "" : ` of ${alias ?? shortRelease(release)}`;
  const place = `${pipeline}/${stage}`;
  const subject = promotion === undefined ? place : `${promotion}${what} into ${place}`;
  io.out(`${harmless(subject)} ${STANDINGS[standing](promotion !== undefined, what)}\n`);
  for (const cause of causes.slice(0, MOST_TOLD)) io.out(causeText(cause));
  const more = causes.length - MOST_TOLD;
  if (more > 0) context.note(`${more} more with -o yaml`);
  const passed = gates.filter(({ state }) => state === "pass");
  if (passed.length > 0 && standing !== "Done")
    io.out(passed.map((gate) => `  gate ${harmless(`${gate.gate} ${gateText(io, gate)}`)}\n`).join(""));
}

/** `promotion` tells whether one runs, waits or ended; else it is about the stage alone. */
const STANDINGS: Record<PromotionWhy["standing"], (promotion: boolean, release: string) => string> = {
  Queued: () => "waits for its turn",
  Waiting: () => "waits at its gates",
  Paused: () => "is paused",
  Working: () => "is under way",
  Undecided: () => "waits for a person to decide",
  Failed: (promotion) => (promotion ? "failed" : "stands still: its last promotion failed"),
  Aborted: (promotion) => (promotion ? "was aborted" : "stands still: its last promotion was aborted"),
  Superseded: () => "was superseded",
  Held: (promotion, release) => (promotion ? "is held back" : `is held${release === "" ? "" : ` at its release`}`),
  Stopped: () => "stands still: the line is stopped",
  Done: (promotion, release) => (promotion ? "succeeded" : `runs what it should${release.replace(/^ of/, ":")}`),
  Empty: () => "has not run a release yet",
};

function causeText({ message, since, until, evidence = {}, who, next }: Cause): string {
  const now = Date.now();
  const times = [
    ...(since === undefined ? [] : [`for ${age(since, now)}`]),
    ...(until === undefined ? [] : [`looked at again by ${until}`]),
  ];
  const lines = [
    `  ${message}${times.length > 0 ? ` (${times.join(", ")})` : ""}`,
    ...(Object.keys(evidence).length > 0 ? [`    evidence: ${evidenceText(evidence)}`] : []),
    `    who can change it: ${who}`,
    `    next: ${next}`,
  ];
  return lines.map((line) => `${harmless(line)}\n`).join("");
}

const LONGEST = 300;
/** Digests are told from each other by how they begin. */
const DIGEST = /\b([0-9a-f]{12})[0-9a-f]{28,52}\b/g;

function evidenceText(evidence: Record<string, unknown>): string {
  const parts = Object.entries(evidence)
    .filter(([, value]) => !Array.isArray(value) || value.length > 0)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const text = parts.join(", ").replaceAll(DIGEST, "$1");
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}… (all of it with -o yaml)` : text;
}
