import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Actor } from "../../schemas/operation.ts";
import type {
  ApprovalBinding,
  DifferenceCounts,
  GateVerdict,
  PromotionMode,
  PromotionPhase,
  PromotionResult,
  PromotionTarget,
  PromotionTrigger,
  VerificationPhase,
  Judgement,
} from "../../schemas/promotion.ts";
import type { Configured } from "../configuration/configured.ts";

/** A release in a stage, and the promotion that brought it. */
export interface ReleaseIn {
  release: string;
  promotion: string;
  /** RFC 3339. */
  at: string;
}

/** A person's yes to one exact promotion. */
export interface ApprovalRecord {
  gate: string;
  binding: ApprovalBinding;
  by: Actor;
  groups: string[];
  at: string;
  expiresAt?: string | undefined;
  comment?: string | undefined;
  /** The change is that of the person, or of who made the link. */
  own?: true | undefined;
}

/** One measured metric of a run, as it stands. */
export interface MetricProgress {
  metric: string;
  taken: number;
  successful: number;
  failed: number;
  inconclusive: number;
  errors: number;
  /** One after the other, up to now. */
  consecutiveErrors: number;
  consecutiveSuccesses: number;
  /** RFC 3339, of the last measurement. */
  lastAt: string;
  /** Phase and message of the last measurement. */
  lastPhase: VerificationPhase;
  lastMessage?: string | undefined;
}

/** A verification that runs or ran for a promotion. */
export interface VerificationRun {
  run: string;
  gate?: string | undefined;
  startedAt: string;
  phase: VerificationPhase;
  metrics: MetricProgress[];
  message?: string | undefined;
  endedAt?: string | undefined;
  judged?: { verdict: Judgement; by: Actor } | undefined;
}

/** What became of one application of a promotion. */
export interface TargetState extends PromotionTarget {
  state: "Syncing" | "Promoted" | "Failed";
  /** CamelCase word of what failed. */
  reason?: string | undefined;
  message?: string | undefined;
}

/** A promotion as its events say it is. */
export interface PromotionState {
  promotion: string;
  stage: string;
  release: string;
  from?: string | undefined;
  trigger: PromotionTrigger;
  undoes?: string | undefined;
  /** The stage is held at it once it is there. */
  hold?: true | undefined;
  requestedAt: string;
  phase: PromotionPhase;
  result?: PromotionResult | undefined;
  startedAt?: string | undefined;
  movedAt?: string | undefined;
  endedAt?: string | undefined;
  rejected?: { gate: string; by: Actor } | undefined;
  /** `at` is RFC 3339; the time it lasts is not counted against the stage's timeout. */
  paused?: { by: Actor; reason?: string | undefined; at: string } | undefined;
  /** Of pauses that are over, since it moved. */
  pausedMs: number;
  difference?: { digest: string; blob: string; counts: DifferenceCounts } | undefined;
  /** Newest verdict of each gate, by its name. */
  verdicts: Record<string, GateVerdict>;
  /** Gates that have asked for approvals, and what for. */
  asked: Record<string, ApprovalBinding>;
  /** Those that count: void ones are gone. */
  approvals: ApprovalRecord[];
  /** Gates that an emergency skips. */
  skipped?: { record: string; gates: string[] } | undefined;
  mode?: PromotionMode | undefined;
  commit?: { repoURL: string; branch: string; commit: string; result: "pushed" | "already" | "unchanged" } | undefined;
  pullRequest?:
    | {
        provider: string;
        repoURL: string;
        number: number;
        url: string;
        branch: string;
        head: string;
        state: "Open" | "Merged" | "Closed";
        mergeCommit?: string | undefined;
        /** RFC 3339. */
        mergedAt?: string | undefined;
      }
    | undefined;
  /** By application. */
  targets: Record<string, TargetState>;
  /** In their order; `completedAt` is absent of the one that runs. */
  waves: { wave: number; startedAt: string; completedAt?: string | undefined; unhealthy: string[] }[];
  verifications: VerificationRun[];
}

/** A stage as its events say it is. */
export interface StageState {
  /** What it was last promoted to as a whole, and when that was verified. */
  current?: (ReleaseIn & { verifiedAt?: string | undefined }) | undefined;
  /** Verified here and not lost since, oldest first, each release once, at most `REMEMBERED_RELEASES`. */
  verified: ReleaseIn[];
  /** Release that each application was promoted to. */
  applications: Record<string, ReleaseIn>;
  running?: string | undefined;
  /** Ids of promotions that wait for their turn, oldest first. */
  queue: string[];
  last?: (ReleaseIn & { result: PromotionResult }) | undefined;
  /** A promotion after `current` changed applications and did not succeed: their health says nothing of `current`. */
  disturbed?: true | undefined;
  held?: { release: string; by: Actor } | undefined;
  paused?: { by: Actor; reason: string } | undefined;
  excluded: { release: string; reason: string; promotion?: string | undefined }[];
}

/** Gates that were skipped in an emergency, while nobody has closed the record. */
export interface OpenEmergency {
  record: string;
  stage: string;
  promotion: string;
  gates: string[];
  reason: string;
  by: Actor;
  at: string;
}

export const REMEMBERED_RELEASES = 200;
/** Ended promotions of a stage that are remembered whole. */
export const REMEMBERED_PROMOTIONS = 20;
/** Ids of ended promotions that are remembered, so that one asked for twice runs once. */
export const REMEMBERED_IDS = 2_000;

/** A pipeline as its events say it is: what decisions are made on. */
export interface PipelineState extends Configured<PipelineSpec> {
  /** How often a pipeline of this name was created. */
  incarnation: number;
  stages: Record<string, StageState>;
  /** Queued and running ones, and the newest ended ones of each stage, by id. */
  promotions: Record<string, PromotionState>;
  /** Ids of ended promotions, oldest first. */
  ended: string[];
  emergencies: Record<string, OpenEmergency>;
}

export const initialPipeline: PipelineState = {
  incarnation: 0,
  stages: {},
  promotions: {},
  ended: [],
  emergencies: {},
};
