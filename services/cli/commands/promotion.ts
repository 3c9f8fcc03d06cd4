import type { PromotionAnswer, PromotionChange } from "../../../schemas/api/promotion-routes.ts";
import type { ApplicationDifference, CommitsBetween, RenderedDifference } from "../../../schemas/difference.ts";
import type { DifferenceCounts } from "../../../schemas/promotion.ts";
import { age, formatDuration } from "../age.ts";
import { type Context, usage } from "../context.ts";
import { fieldText } from "../drift-text.ts";
import { promotionLines } from "../follow-promotion.ts";
import { styled } from "../io.ts";
import { promotionRows } from "../promotion-columns.ts";
import { findPromotion, promotionPath } from "../promotion-named.ts";
import { harmless } from "../table.ts";
import { pipelineName } from "./promote.ts";

interface ListOptions {
  stage?: string;
  open?: boolean;
}

/** Lists promotions, newest first. */
export async function list(
  context: Context,
  pipeline: string | undefined,
  { stage, open }: ListOptions,
): Promise<void> {
  if (stage !== undefined && pipeline === undefined)
    throw usage("--stage is for the stages of a pipeline", "Name it: sluice promotion list PIPELINE --stage STAGE");
  const items = await context.client.list<PromotionAnswer>("/promotions", {
    pipeline: pipeline === undefined ? undefined : pipelineName(pipeline),
    stage,
    phase: open ? "Open" : undefined,
  });
  const rows = promotionRows(context.io, Date.now());
  await context.show(items, open ? { ...rows, empty: "No promotion is under way." } : rows);
}

/** Shows one promotion: where it is, its gates, waves, applications and verifications. */
export async function get(context: Context, name: string): Promise<void> {
  const found = await findPromotion(context, name);
  if (await context.showValue(found)) return;
  const { trigger, difference, undoes, emergency, approvals, left = [] } = found;
  const lines: [label: string, value: string][] = [
    ["Promotion", found.promotion],
    ["Pipeline", `${found.pipeline}, stage ${found.stage}`],
    ["Release", `${found.alias ?? ""} ${found.release}`.trim()],
    ["From", found.from ?? ""],
    ["Trigger", `${trigger.type} by ${trigger.actor.name}, ${age(found.requestedAt, Date.now())} ago`],
    ["Undoes", undoes ?? ""],
    ["Changes", difference ? countsText(difference.counts) : ""],
    [
      "Emergency",
      emergency ? `${emergency.gates.join(", ")} skipped by ${emergency.by.name}: ${emergency.reason}` : "",
    ],
    ...approvals.map(({ gate, by, at, comment, voided }): [string, string] => [
      "Approval",
      `${by.name} at ${at} for ${gate}${comment === undefined ? "" : `: ${comment}`}${voided === undefined ? "" : ` (void: ${voided})`}`,
    ]),
    ["Took", formatDuration(found.durationMs)],
    ...left.map(({ application, release, state }): [string, string] => [
      "Left",
      `${application} ${state}${release === null ? "" : ` at ${release.slice(0, 12)}`}`,
    ]),
  ];
  const about = lines.filter(([, value]) => value !== "");
  const all = [
    ...about.map(([label, value]): [string, string] => [`${label}:`, value]),
    ...promotionLines(context.io, found),
  ];
  const width = Math.max(...all.map(([label]) => label.length)) + 3;
  context.io.out(all.map(([label, value]) => `${harmless(label).padEnd(width)}${harmless(value)}\n`).join(""));
  if (found.phase !== "Ended") context.note(`What it waits for: sluice why ${found.promotion}`);
}

/** Counts of a difference in words. */
export const countsText = ({ applications, created, changed, deleted, unchanged }: DifferenceCounts): string => {
  const objects = Object.entries({ created, changed, deleted }).filter(([, count]) => count > 0);
  const what = objects.map(([word, count]) => `${count} ${word}`).join(", ") || "nothing";
  return `${what}, ${unchanged} unchanged, in ${applications} ${applications === 1 ? "application" : "applications"}`;
};

/** Shows what a promotion changes in each target, and the commits between. */
export async function diff(context: Context, name: string, { exitCode }: { exitCode?: boolean }): Promise<number> {
  const promotion = await findPromotion(context, name);
  const found = await context.client.get<RenderedDifference>(`${promotionPath(promotion)}/diff`);
  const { created, changed, deleted } = found.counts;
  const exit = exitCode && created + changed + deleted > 0 ? 1 : 0;
  await showDifference(context, found, promotion.alias ?? promotion.release.slice(0, 12));
  return exit;
}

/** Prints commits, images and objects that a release changes in a stage. */
export async function showDifference(context: Context, found: RenderedDifference, release: string): Promise<void> {
  if (await context.showValue(found)) return;
  const lines = [
    ...found.commits.flatMap(commitLines),
    ...found.contents.map(({ subscription, was, is }) => `${subscription}: ${was ?? "(none)"} -> ${is ?? "(none)"}`),
    ...found.applications.flatMap((one) => applicationLines(context, one)),
  ];
  context.io.out(lines.map((line) => `${line}\n`).join(""));
  context.note(harmless(`${release} in ${found.pipeline}/${found.stage} changes ${countsText(found.counts)}.`));
}

const DIRECTIONS = { forward: "+", back: "-", diverged: "±", unknown: "?" } as const;

function commitLines({ subscription, from, to, direction, commits, more }: CommitsBetween): string[] {
  const sign = DIRECTIONS[direction];
  return [
    harmless(`${subscription}: ${from.slice(0, 8)} -> ${to.slice(0, 8)} (${direction})`),
    ...commits.map(({ commit, subject, author }) =>
      harmless(`${sign} ${commit.slice(0, 8)} ${subject} (${author.name})`),
    ),
    ...(more === undefined ? [] : [`${sign} and ${more} more`]),
  ];
}

const COLOURS = { created: "green", changed: "yellow", deleted: "red" } as const;

function applicationLines(
  { io }: Context,
  { application, cluster, wave, objects, more, counts }: ApplicationDifference,
): string[] {
  const { created, changed, deleted } = counts;
  const none = created + changed + deleted === 0 ? ": nothing changes" : "";
  return [
    styled(io, "bold", harmless(`===== ${application} on ${cluster}, wave ${wave + 1}${none}`)),
    ...objects.flatMap(({ object, change, fields, moreFields }) => [
      `  ${harmless(object)} ${styled(io, COLOURS[change], change)}`,
      ...fields.map((field) => `    ${harmless(fieldText(field))}`),
      ...(moreFields === undefined ? [] : [`    and ${moreFields} more fields`]),
    ]),
    ...(more === undefined ? [] : [`  and ${more} more objects`]),
  ];
}

/** What each verb does to a promotion. */
const DONE = { abort: "is aborted", pause: "is paused", resume: "goes on", judge: "is judged" } as const;

/** Steers a promotion that is under way. */
export async function steer(
  context: Context,
  verb: "abort" | "pause" | "resume",
  { name, ...body }: { name: string; reason?: string },
): Promise<void> {
  await tell(context, verb, { name, body });
}

interface JudgeOptions {
  verdict: "successful" | "failed" | "again";
  reason: string;
  run?: string;
}

const JUDGEMENT = { successful: "Successful", failed: "Failed", again: "Again" } as const;

/** Decides a verification that holds a promotion, or has it measured again. */
export async function judge(context: Context, name: string, { verdict, reason, run }: JudgeOptions): Promise<void> {
  await tell(context, "judge", {
    name,
    body: { verdict: JUDGEMENT[verdict], reason, ...(run !== undefined && { run }) },
  });
}

async function tell(
  context: Context,
  verb: keyof typeof DONE,
  { name, body }: { name: string; body: object },
): Promise<void> {
  const found = await findPromotion(context, name);
  const changed = await context.client.post<PromotionChange>(`${promotionPath(found)}/${verb}`, { body });
  if (await context.showValue(changed)) return;
  const told = `promotion/${changed.promotion} ${DONE[verb]}`;
  if (!changed.changed) context.note("It was so already.");
  else context.io.out(`${told}\n`);
  if (verb !== "abort" || !changed.changed) return;
  const after = await context.client.get<PromotionAnswer>(promotionPath(changed), { sequence: changed.sequence });
  for (const { application, release, state } of after.left ?? [])
    context.note(harmless(`left: ${application} ${state}${release === null ? "" : ` at ${release.slice(0, 12)}`}`));
}
