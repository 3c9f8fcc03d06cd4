import type { EventView } from "../../schemas/api/bodies.ts";

type Data = EventView["data"];

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const short = (value: unknown): string => text(value).slice(0, 12);
const named = (value: unknown): string => text((value as { name?: unknown } | undefined)?.name);
const after = (label: string, value: unknown): string => (text(value) === "" ? "" : `${label}${text(value)}`);
const names = (value: unknown): string => (Array.isArray(value) ? value.map(text).join(", ") : "");
const listed = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** What events of pipelines and release sources say beside where they happened. */
const TEXTS: Readonly<Record<string, ((data: Data) => string) | undefined>> = {
  PromotionRequested: ({ release, trigger }) => {
    const { type, actor } = (trigger ?? {}) as { type?: unknown; actor?: unknown };
    return `${short(release)}, ${text(type)} by ${named(actor)}`;
  },
  PromotionSuperseded: ({ by }) => `by ${text(by)}`,
  DifferenceRendered: ({ counts }) => {
    const { created, changed, deleted } = (counts ?? {}) as Record<string, number>;
    return `${created} created, ${changed} changed, ${deleted} deleted`;
  },
  GateEvaluated: ({ verdict }) => {
    const { gate, state, message } = (verdict ?? {}) as Record<string, unknown>;
    return `gate ${text(gate)} ${text(state)}: ${text(message)}`;
  },
  ApprovalRequested: ({ gate, required }) => `gate ${text(gate)} asks for ${String(required)}`,
  ApprovalGiven: ({ gate, by, comment }) => `gate ${text(gate)} by ${named(by)}${after(": ", comment)}`,
  ApprovalRejected: ({ gate, by, reason }) => `gate ${text(gate)} by ${named(by)}: ${text(reason)}`,
  ApprovalsVoided: ({ gate, by, reason }) => `gate ${text(gate)}, of ${names(by)}: ${text(reason)}`,
  PromotionPaused: ({ by, reason }) => `by ${named(by)}${after(": ", reason)}`,
  PromotionMoved: ({ mode }) => `by ${text(mode)}`,
  ReleaseCommitted: ({ branch, commit, result }) => `${short(commit)} ${text(result)} on ${text(branch)}`,
  PullRequestOpened: ({ number, url }) => `#${String(number)} ${text(url)}`,
  PullRequestMerged: ({ number, commit }) => `#${String(number)} as ${short(commit)}`,
  PullRequestClosed: ({ number, reason }) => `#${String(number)}: ${text(reason)}`,
  WaveStarted: ({ wave, targets }) => `wave ${Number(wave) + 1} of ${listed(targets)} applications`,
  ApplicationPromoted: ({ application, revision }) => `${text(application)} at ${short(revision)}`,
  ApplicationPromotionFailed: ({ application, message }) => `${text(application)}: ${text(message)}`,
  WaveCompleted: ({ wave, unhealthy }) =>
    `wave ${Number(wave) + 1}${listed(unhealthy) > 0 ? `, unhealthy: ${names(unhealthy)}` : ""}`,
  VerificationStarted: ({ run }) => text(run),
  MeasurementTaken: ({ measurement }) => {
    const { metric, phase, value, message } = (measurement ?? {}) as Record<string, unknown>;
    return `${text(metric)} ${text(phase)}${after(" at ", value)}${after(": ", message)}`;
  },
  VerificationCompleted: ({ phase, message }) => `${text(phase)}${after(": ", message)}`,
  VerificationJudged: ({ verdict, by, reason }) => `${text(verdict)} by ${named(by)}: ${text(reason)}`,
  PromotionFailed: ({ code, message }) => `${text(code)}: ${text(message)}`,
  PromotionAborted: ({ by, reason }) => `by ${named(by)}${after(": ", reason)}`,
  ReleaseVerified: ({ release }) => short(release),
  ReleaseUnverified: ({ release, reason }) => `${short(release)}: ${text(reason)}`,
  ReleaseExcluded: ({ release, reason, by }) => `${short(release)}: ${text(reason)} by ${named(by)}`,
  ReleaseReadmitted: ({ release, by }) => `${short(release)} by ${named(by)}`,
  StageHeld: ({ release, by, reason }) => `at ${short(release)} by ${named(by)}${after(": ", reason)}`,
  StagePaused: ({ by, reason }) => `by ${named(by)}: ${text(reason)}`,
  EmergencyDeclared: ({ gates, by, reason }) => `${names(gates)} skipped by ${named(by)}: ${text(reason)}`,
  EmergencyClosed: ({ record, by, note }) => `${text(record)} by ${named(by)}: ${text(note)}`,
  ReleaseCreated: ({ alias, release, origin }) => `${text(alias)} ${short(release)} by ${text(origin)}`,
  DiscoveryFailed: ({ subscription, message }) => `${text(subscription)}: ${text(message)}`,
  DiscoveryRecovered: ({ subscription }) => text(subscription),
  LineStopped: ({ by, reason }) => `by ${named(by)}: ${text(reason)}`,
  LineResumed: ({ by }) => `by ${named(by)}`,
};

const PLACES: readonly string[] = ["pipeline", "releasesource", "system"];

/** What an event of a pipeline, a release source or the line says in a line: where, which promotion, and what; undefined for any other. */
export function promotionEventText({ aggregate, type, data }: EventView): string | undefined {
  if (!PLACES.includes(aggregate.type)) return undefined;
  const parts = [text(data["stage"]), text(data["promotion"]), TEXTS[type]?.(data) ?? ""];
  return parts.filter((part) => part !== "").join(" ");
}
