import type { z } from "zod";
import type { Emergency, PromotionAnswer } from "../../schemas/api/promotion-routes.ts";
import type {
  AccountObject,
  AnalysisTemplateObject,
  GatePolicyObject,
  NotificationObject,
  PipelineObject,
  ReleaseSourceObject,
} from "../../schemas/api/promotion-objects.ts";
import type { GateVerdict } from "../../schemas/promotion.ts";
import { apart } from "../../domain/why/mixed.ts";
import { age, formatDuration } from "./age.ts";
import type { Shown } from "./context.ts";
import { type Io, status } from "./io.ts";

/** How the rows of promotion are shown. */

type Paint = Pick<Io, "colors">;
export type Pipeline = z.output<typeof PipelineObject>;
type Stage = Pipeline["status"]["stages"][number];

/** As much of a release's or promotion's id as tells it from others. */
export const shortRelease = (release: string): string => release.slice(0, 12);

const CREATE = "Create one with: sluice apply -f FILE";

export function pipelineRows(now: number): Shown<Pipeline> {
  return {
    columns: [
      { heading: "NAME", cell: ({ metadata }) => metadata.name },
      { heading: "SOURCE", cell: ({ spec }) => spec.releaseSource },
      { heading: "STAGES", cell: ({ spec }) => spec.stages.map(({ name }) => name).join(", ") },
      {
        heading: "RUNNING",
        cell: ({ status: { stages } }) =>
          stages
            .filter(({ running }) => running)
            .map(({ name }) => name)
            .join(", "),
      },
      { heading: "STATE", cell: ({ status: { stages } }) => stages.map(stopped).filter(Boolean).join(", ") },
      { heading: "AGE", cell: (one) => age(one.status.createdAt, now) },
      { heading: "PROJECT", cell: ({ spec }) => spec.project, wide: true },
      {
        heading: "EMERGENCIES",
        cell: ({ status: { emergencies } }) => String(emergencies.filter(({ closed }) => !closed).length),
        wide: true,
      },
    ],
    name: ({ metadata }) => `pipeline/${metadata.name}`,
    empty: `There are no pipelines yet. ${CREATE}`,
  };
}

const stopped = ({ name, held, paused }: Stage): string => (paused ? `${name} Paused` : held ? `${name} Held` : "");

const stageStates = (stage: Stage): string[] => [
  ...(stage.paused ? ["Paused"] : stage.held ? ["Held"] : []),
  ...(stage.running === undefined && apart(stage).length > 0 ? ["Mixed"] : []),
];

/** A stage beside what is known of the releases and promotions in it. */
export interface StageRow {
  stage: Stage;
  pipeline: string;
  aliases: ReadonlyMap<string, string>;
  promotions: readonly PromotionAnswer[];
}

export function stageRows(io: Paint, now: number): Shown<StageRow> {
  return {
    columns: [
      { heading: "STAGE", cell: ({ stage }) => stage.name },
      {
        heading: "RELEASE",
        cell: ({ stage: { current }, aliases }) =>
          current ? (aliases.get(current.release) ?? shortRelease(current.release)) : "",
      },
      { heading: "VERIFIED", cell: ({ stage }) => age(stage.current?.verifiedAt, now) },
      { heading: "PROMOTION", cell: ({ stage }) => stage.running ?? "" },
      {
        heading: "PHASE",
        cell: ({ stage, promotions }) =>
          status(io, promotions.find(({ promotion }) => promotion === stage.running)?.phase ?? ""),
      },
      { heading: "QUEUED", cell: ({ stage }) => (stage.queue.length > 0 ? String(stage.queue.length) : "") },
      {
        heading: "STATE",
        cell: ({ stage }) =>
          stageStates(stage)
            .map((word) => status(io, word))
            .join(", "),
      },
      { heading: "LAST", cell: ({ stage }) => (stage.last ? status(io, stage.last.result) : "") },
      {
        heading: "EXCLUDED",
        cell: ({ stage, aliases }) =>
          stage.excluded.map(({ release }) => aliases.get(release) ?? shortRelease(release)).join(", "),
        wide: true,
      },
      { heading: "RELEASE ID", cell: ({ stage }) => stage.current?.release ?? "", wide: true },
    ],
    name: ({ pipeline, stage }) => `stage/${pipeline}/${stage.name}`,
    empty: "It has no stages.",
  };
}

/** Where a promotion is, or how it ended. */
export const phaseWord = ({ phase, result, paused }: PromotionAnswer): string =>
  phase === "Ended" ? (result ?? phase) : paused ? "Paused" : phase;

export function promotionRows(io: Paint, now: number): Shown<PromotionAnswer> {
  return {
    columns: [
      { heading: "PROMOTION", cell: ({ promotion }) => promotion },
      { heading: "PIPELINE", cell: ({ pipeline }) => pipeline },
      { heading: "STAGE", cell: ({ stage }) => stage },
      { heading: "RELEASE", cell: ({ alias, release }) => alias ?? shortRelease(release) },
      { heading: "PHASE", cell: (one) => status(io, phaseWord(one)) },
      { heading: "WAITS FOR", cell: waitsFor },
      { heading: "TRIGGER", cell: ({ trigger }) => `${trigger.type} by ${trigger.actor.name}` },
      { heading: "AGE", cell: ({ requestedAt }) => age(requestedAt, now) },
      { heading: "TOOK", cell: ({ durationMs }) => formatDuration(durationMs), wide: true },
      { heading: "RELEASE ID", cell: ({ release }) => release, wide: true },
      { heading: "MESSAGE", cell: ({ message }) => message ?? "", wide: true },
    ],
    name: ({ promotion }) => `promotion/${promotion}`,
    empty: "There are no promotions yet. Start one with: sluice promote PIPELINE STAGE",
  };
}

const waitsFor = ({ phase, gates }: PromotionAnswer): string =>
  phase === "Waiting"
    ? gates
        .filter(({ state }) => state !== "pass")
        .map(({ gate }) => gate)
        .join(", ")
    : "";

/** A gate's verdict in a line. */
export const gateText = (io: Paint, { state, message, until, deciders = [] }: GateVerdict): string => {
  const when = until === undefined ? "" : `, until ${until} at the latest`;
  const who = deciders.length > 0 && state !== "pass" ? ` (${deciders.join(", ")})` : "";
  return `${status(io, state)}: ${message}${when}${who}`;
};

export function emergencyRows(now: number): Shown<Emergency> {
  return {
    columns: [
      { heading: "RECORD", cell: ({ record }) => record },
      { heading: "PIPELINE", cell: ({ pipeline }) => pipeline },
      { heading: "STAGE", cell: ({ stage }) => stage },
      { heading: "GATES", cell: ({ gates }) => gates.join(", ") },
      { heading: "BY", cell: ({ by }) => by.name },
      { heading: "STATE", cell: ({ closed }) => (closed ? `closed by ${closed.by.name}` : "open") },
      { heading: "AGE", cell: ({ at }) => age(at, now) },
      { heading: "REASON", cell: ({ reason }) => reason },
      { heading: "PROMOTION", cell: ({ promotion }) => promotion, wide: true },
      { heading: "NOTE", cell: ({ closed }) => closed?.note ?? "", wide: true },
    ],
    name: ({ record }) => `emergency/${record}`,
    empty: "No gate was skipped in an emergency.",
  };
}

export function releaseSourceRows(io: Paint, now: number): Shown<z.output<typeof ReleaseSourceObject>> {
  return {
    columns: [
      { heading: "NAME", cell: ({ metadata }) => metadata.name },
      {
        heading: "STATUS",
        cell: ({ status: { failing } }) => {
          const names = Object.keys(failing);
          return names.length === 0 ? status(io, "ok") : `${status(io, "failed")}: ${names.join(", ")}`;
        },
      },
      { heading: "NEWEST", cell: ({ status: { newest } }) => newest?.alias ?? "" },
      { heading: "FOUND", cell: ({ status: { newest } }) => age(newest?.at, now) },
      { heading: "RELEASES", cell: ({ status: { releases } }) => String(releases) },
      { heading: "SUBSCRIPTIONS", cell: ({ spec }) => spec.subscriptions.map(({ name }) => name).join(", ") },
      { heading: "AGE", cell: (one) => age(one.status.createdAt, now) },
      { heading: "CREATION", cell: ({ spec }) => spec.creation, wide: true },
      { heading: "INTERVAL", cell: ({ spec }) => spec.interval, wide: true },
      {
        heading: "MESSAGE",
        cell: ({ status: { failing } }) =>
          Object.entries(failing)
            .map(([name, { message }]) => `${name}: ${message}`)
            .join("; "),
        wide: true,
      },
    ],
    name: ({ metadata }) => `releasesource/${metadata.name}`,
    empty: `There are no release sources yet. ${CREATE}`,
  };
}

export function gatePolicyRows(now: number): Shown<z.output<typeof GatePolicyObject>> {
  return {
    columns: [
      { heading: "NAME", cell: ({ metadata }) => metadata.name },
      { heading: "GATES", cell: ({ spec }) => spec.gates.map(({ name }) => name).join(", ") },
      { heading: "AGE", cell: (one) => age(one.status.createdAt, now) },
      { heading: "DESCRIPTION", cell: ({ spec }) => spec.description ?? "" },
    ],
    name: ({ metadata }) => `gatepolicy/${metadata.name}`,
    empty: `There are no gate policies yet. ${CREATE}`,
  };
}

export function analysisTemplateRows(now: number): Shown<z.output<typeof AnalysisTemplateObject>> {
  return {
    columns: [
      { heading: "NAME", cell: ({ metadata }) => metadata.name },
      { heading: "METRICS", cell: ({ spec }) => (spec.metrics ?? []).map(({ name }) => name).join(", ") },
      { heading: "ARGUMENTS", cell: ({ spec }) => (spec.args ?? []).map(({ name }) => name).join(", ") },
      { heading: "AGE", cell: (one) => age(one.status.createdAt, now) },
    ],
    name: ({ metadata }) => `analysistemplate/${metadata.name}`,
    empty: `There are no analysis templates yet. ${CREATE}`,
  };
}

export function notificationRows(now: number): Shown<z.output<typeof NotificationObject>> {
  return {
    columns: [
      { heading: "NAME", cell: ({ metadata }) => metadata.name },
      { heading: "SERVICE", cell: ({ spec }) => Object.keys(spec.service).join(", ") },
      { heading: "TRIGGERS", cell: ({ spec }) => spec.triggers.join(", ") },
      { heading: "DELIVERED", cell: (one) => String(one.status.delivered) },
      { heading: "FAILED", cell: (one) => String(one.status.failed) },
      { heading: "LAST", cell: (one) => age(one.status.recent[0]?.at, now) },
      { heading: "AGE", cell: (one) => age(one.status.createdAt, now) },
      { heading: "MESSAGE", cell: (one) => one.status.recent[0]?.message ?? "", wide: true },
    ],
    name: ({ metadata }) => `notification/${metadata.name}`,
    empty: `There are no notifications yet. ${CREATE}`,
  };
}

export function accountRows(now: number): Shown<z.output<typeof AccountObject>> {
  return {
    columns: [
      { heading: "NAME", cell: ({ metadata }) => metadata.name },
      { heading: "ROLE", cell: ({ spec }) => spec.role + (spec.disabled ? " (disabled)" : "") },
      { heading: "GROUPS", cell: ({ spec }) => spec.groups.join(", ") },
      { heading: "TOKENS", cell: (one) => String(one.status.tokens.length) },
      { heading: "AGE", cell: (one) => age(one.status.createdAt, now) },
      { heading: "EMAIL", cell: ({ spec }) => spec.email ?? "", wide: true },
      { heading: "DESCRIPTION", cell: ({ spec }) => spec.description ?? "", wide: true },
    ],
    name: ({ metadata }) => `account/${metadata.name}`,
    empty: `There are no accounts yet. ${CREATE}`,
  };
}
