import type { PromotionAsked } from "../../../schemas/api/promotion-routes.ts";
import type { RenderedDifference } from "../../../schemas/difference.ts";
import { type Context, usage } from "../context.ts";
import { followPromotion } from "../follow-promotion.ts";
import { shortRelease } from "../promotion-columns.ts";
import { harmless } from "../table.ts";

interface Waiting {
  async?: boolean;
  timeout?: string;
}
interface EmergencyOptions {
  emergency?: string[] | undefined;
  reason?: string | undefined;
}
interface PromoteOptions extends Waiting, EmergencyOptions {
  dryRun?: boolean;
}

/** A pipeline's name, also as `pipeline/NAME`. */
export const pipelineName = (name: string): string => name.replace(/^pipeline\//, "");
export const pipelinePath = (name: string): string => `/pipelines/${encodeURIComponent(pipelineName(name))}`;
export const stagePath = (pipeline: string, stage: string): string =>
  `${pipelinePath(pipeline)}/stages/${encodeURIComponent(stage)}`;

/** Brings a release into a stage, and follows it unless told otherwise. */
export async function promote(
  context: Context,
  [pipeline, stage, release]: [string, string, string | undefined],
  { emergency, reason, dryRun, ...waiting }: PromoteOptions,
): Promise<number> {
  if (dryRun) {
    await preview(context, [pipeline, stage, release]);
    return 0;
  }
  const body = { stage, ...(release !== undefined && { release }), ...emergencyOf({ emergency, reason }) };
  return await told(context, await context.client.post(`${pipelinePath(pipeline)}/promotions`, { body }), waiting);
}

/** The gates to skip, and why. Throws Usage for one without the other. */
function emergencyOf({ emergency = [], reason }: EmergencyOptions): {
  emergency?: { gates: string[]; reason?: string };
} {
  const gates = emergency.flatMap((text) => text.split(",")).map((gate) => gate.trim());
  if (gates.length > 0 && reason === undefined)
    throw usage("An emergency needs a reason", 'Say it with --reason "..."; it stands in the ledger.');
  if (gates.length === 0 && reason !== undefined)
    throw usage(
      "--reason is for --emergency",
      "Name the gates to skip with --emergency GATE, or leave the reason out.",
    );
  return gates.length === 0 || reason === undefined ? {} : { emergency: { gates, reason } };
}

/** Shows what a release would change in a stage. */
async function preview(
  context: Context,
  [pipeline, stage, release]: [string, string, string | undefined],
): Promise<void> {
  const body = release === undefined ? {} : { release };
  const found = await context.client.post<RenderedDifference>(`${stagePath(pipeline, stage)}/preview`, { body });
  await (await import("./promotion.ts")).showDifference(context, found, release ?? shortRelease(found.release));
}

/** Goes back to a release that was verified in a stage. */
export async function rollback(
  context: Context,
  [pipeline, stage, release]: [string, string, string | undefined],
  { hold, emergency, reason, ...waiting }: Waiting & EmergencyOptions & { hold?: boolean },
): Promise<number> {
  const which = { ...(release !== undefined && { release }), ...(hold === false && { hold: false }) };
  const body = { ...which, ...emergencyOf({ emergency, reason }) };
  return await told(context, await context.client.post(`${stagePath(pipeline, stage)}/rollback`, { body }), waiting);
}

async function told(context: Context, asked: PromotionAsked, { async: now, timeout }: Waiting): Promise<number> {
  const { pipeline, stage, promotion, alias, changed, held, record } = asked;
  const what = harmless(`promotion ${promotion} of ${alias} into ${pipeline}/${stage}`);
  if (record !== undefined)
    context.note(`Gates are skipped. The record stays open until: sluice emergency close ${record} --note "..."`);
  if (held) context.note(`${stage} stays at ${harmless(alias)} until: sluice stage release ${pipeline} ${stage}`);
  if (now) {
    if (!(await context.showValue(asked)))
      context.io.out(`${what} ${changed ? "requested" : "was requested before"}\n`);
    return 0;
  }
  context.note(`${what}: follow it elsewhere with: sluice promotion wait ${promotion}`);
  return await followPromotion(context, asked, timeout);
}
