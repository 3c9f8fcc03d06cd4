import type { PromotionAnswer, PromotionWhy } from "../../schemas/api/promotion-routes.ts";
import { ERRORS, isErrorCode, SluiceError } from "../../schemas/errors.ts";
import { formatDuration } from "./age.ts";
import type { Context } from "./context.ts";
import { timeoutMs } from "./follow.ts";
import { type Io, status } from "./io.ts";
import { createProgress } from "./progress.ts";
import { LOOK_MS } from "./waits.ts";
import { gateText, phaseWord, shortRelease } from "./promotion-columns.ts";
import { findPromotion, promotionPath } from "./promotion-named.ts";

/** Applications that have a line of their own. */
const MOST_SHOWN = 12;

/** Lines of a promotion under way, each with its key: itself, the gates that don't pass, waves, applications, verifications. */
export function promotionLines(io: Pick<Io, "colors">, view: PromotionAnswer): [key: string, text: string][] {
  const { stage, alias, release, message, mode, pullRequest, commit } = view;
  const how = mode === undefined ? "" : ` by ${mode}`;
  const told = message === undefined ? "" : `: ${message}`;
  const lines: [string, string][] = [
    [stage, `${status(io, phaseWord(view))} ${alias ?? shortRelease(release)}${how}${told}`],
    ...view.gates.filter(isWorthTelling).map((gate): [string, string] => [`gate ${gate.gate}`, gateText(io, gate)]),
  ];
  if (pullRequest) lines.push(["pull request", `#${pullRequest.number} ${pullRequest.state} ${pullRequest.url}`]);
  if (commit) lines.push(["commit", `${commit.commit.slice(0, 8)} on ${commit.branch} of ${commit.repoURL}`]);
  for (const { wave, completedAt, unhealthy } of view.waves) {
    const of = view.targets.filter((target) => target.wave === wave);
    const promoted = of.filter(({ state }) => state === "Promoted").length;
    const bad = unhealthy.length > 0 ? `, unhealthy: ${unhealthy.join(", ")}` : "";
    const word = status(io, completedAt === undefined ? "Syncing" : "Succeeded");
    lines.push([`wave ${wave + 1}`, `${word} ${promoted} of ${of.length}${bad}`]);
  }
  // Of many applications the waves count those that are well.
  const targets =
    view.targets.length > MOST_SHOWN ? view.targets.filter(({ state }) => state === "Failed") : view.targets;
  for (const { application, state, message: why } of targets.slice(0, MOST_SHOWN)) {
    lines.push([`  ${application}`, `${status(io, state)}${why === undefined ? "" : `: ${why}`}`]);
  }
  for (const { run, gate, phase, message: why, measurements, judged } of view.verifications) {
    const by = judged ? `, judged ${judged.verdict} by ${judged.by.name}` : "";
    const count = measurements.length > 0 ? `, ${measurements.length} measured` : "";
    const key = gate === undefined ? "verification" : `verification of ${gate}`;
    lines.push([key, `${status(io, phase)}${count}${by}${why === undefined ? "" : `: ${why}`} (${run})`]);
  }
  return lines;
}

/** What every stage has is told of only where it holds the promotion. */
const isWorthTelling = ({ type, state }: PromotionAnswer["gates"][number]): boolean =>
  state !== "pass" || (type !== "stopTheLine" && type !== "upstream");

/** Exit code of a promotion that ended. */
export function promotionExit({ result, code }: Pick<PromotionAnswer, "result" | "code">): number {
  if (result === "Succeeded") return 0;
  if (result === "Failed" && isErrorCode(code)) return ERRORS[code].exit;
  return result === "Failed" ? ERRORS.ApplyFailed.exit : ERRORS.Terminated.exit;
}

interface Followed {
  pipeline: string;
  promotion: string;
  /** Ledger sequence that has its request. */
  sequence: number;
}

/**
 * Shows a promotion until it has ended, and returns its exit code, which is no success when another took its place. Throws Timeout when the
 * time is over: it goes on without being watched.
 */
export async function followPromotion(context: Context, followed: Followed, timeout?: string): Promise<number> {
  const view = await untilEnded(context, followed, timeout);
  await context.showValue(view);
  return await toldEnd(context, view);
}

async function untilEnded(context: Context, followed: Followed, timeout: string | undefined): Promise<PromotionAnswer> {
  const { client, io } = context;
  const limit = timeoutMs(timeout);
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), limit);
  const progress = createProgress(io, context.options.quiet ?? false);
  const tell = obstacleTeller(context, followed, (text) => progress.set("waits", text));
  const telling = setInterval(() => void tell(), LOOK_MS);
  const look = async (sequence: number): Promise<PromotionAnswer> => {
    const view = await client.get<PromotionAnswer>(promotionPath(followed), { sequence });
    for (const [key, text] of promotionLines(io, view)) progress.set(key, text);
    return view;
  };
  try {
    const first = await look(followed.sequence);
    if (first.phase === "Ended") return first;
    await tell();
    let looked = followed.sequence;
    const query = { pipeline: followed.pipeline };
    for await (const { data: event } of client.events(query, { after: looked, signal: aborter.signal })) {
      if (!event || event.sequence <= looked || !concerns(event.data, followed)) continue;
      looked = event.sequence;
      const view = await look(looked);
      if (view.phase === "Ended") return view;
    }
  } finally {
    clearTimeout(timer);
    clearInterval(telling);
    aborter.abort();
    progress.stop();
  }
  throw new SluiceError("Timeout", `After ${formatDuration(limit)}, promotion ${followed.promotion} has not ended`, {
    next: `It goes on without being watched. Look why with: sluice why ${followed.promotion}`,
  });
}

/** Standings that no event of the promotion tells of. */
const TOLD: readonly PromotionWhy["standing"][] = ["Queued", "Paused", "Held", "Stopped", "Undecided"];

/** Says what holds the promotion from outside, such as a stopped line or one before it, and that it is over. Failures say nothing. */
function obstacleTeller({ client }: Context, followed: Followed, say: (text: string) => void): () => Promise<void> {
  let said = "";
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    try {
      const { standing, causes } = await client.get<PromotionWhy>(`${promotionPath(followed)}/why`);
      const [first] = causes;
      const isTold = first && first.reason !== "Beginning" && (TOLD.includes(standing) || first.reason in ERRORS);
      const text = isTold ? `${first.message}; next: ${first.next}` : "";
      if (text !== said) say(text === "" ? "it goes on" : text);
      said = text;
    } catch {
      // The events say when it is over, and a lost server is said there.
    } finally {
      busy = false;
    }
  };
}

const concerns = (data: Record<string, unknown>, { promotion }: Followed): boolean =>
  data["promotion"] === promotion || data["undoes"] === promotion;

/** What comes after an end that was no success. */
async function toldEnd(context: Context, view: PromotionAnswer): Promise<number> {
  const exit = promotionExit(view);
  if (exit === 0) return exit;
  if (view.result === "Superseded") {
    await tellSuperseded(context, view);
    return exit;
  }
  const query = { pipeline: view.pipeline, stage: view.stage, phase: "Open" };
  const open = await context.client.list<PromotionAnswer>("/promotions", query);
  const undone = open.find(({ undoes }) => undoes === view.promotion);
  if (undone) {
    const to = undone.alias ?? shortRelease(undone.release);
    context.note(`The stage goes back to ${to} by itself. Follow it with: sluice promotion wait ${undone.promotion}`);
  } else context.note(`See why, and what it left, with: sluice why ${view.promotion}`);
  return exit;
}

/** What came in the place of a release that was asked for. */
async function tellSuperseded(context: Context, view: PromotionAnswer): Promise<void> {
  const { pipeline, stage, alias, release, supersededBy } = view;
  const gone = `${alias ?? shortRelease(release)} did not come to ${pipeline}/${stage}`;
  if (supersededBy === undefined) {
    context.note(`${gone}: another release took its place. See with: sluice why ${pipeline}/${stage}`);
    return;
  }
  const newer = await context.client.get<PromotionAnswer>(promotionPath({ pipeline, promotion: supersededBy }));
  const what = `promotion ${supersededBy} of ${newer.alias ?? shortRelease(newer.release)}`;
  context.note(`${gone}: ${what} took its place. Follow that with: sluice promotion wait ${supersededBy}`);
}

/** Follows one that is under way. */
export async function waitForPromotion(context: Context, name: string, timeout?: string): Promise<number> {
  const { pipeline, promotion, lastSequence } = await findPromotion(context, name);
  return await followPromotion(context, { pipeline, promotion, sequence: lastSequence }, timeout);
}
