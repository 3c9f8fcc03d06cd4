import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Actor, HealthStatus } from "../../schemas/operation.ts";
import type {
  ApprovalBinding,
  DifferenceCounts,
  GateVerdict,
  Judgement,
  PromotionMode,
  PromotionTarget,
  PromotionTrigger,
  VerificationPhase,
} from "../../schemas/promotion.ts";
import type { ConfigurationCommand } from "../configuration/configured.ts";

type Via = "api" | "cli" | "link";

/** A person asks for a release in a stage, or the policy does. */
export interface RequestPromotion {
  type: "RequestPromotion";
  promotion: string;
  stage: string;
  release: string;
  trigger: PromotionTrigger;
  /** RFC 3339. */
  at: string;
  /** rollback: the promotion that is undone; it is aborted when it still runs, and its release excluded. */
  undoes?: string;
  /** By hand and older than what runs: the stage is held at it once it is there. A rollback by a person holds at once unless this is false. */
  hold?: boolean;
  /** Gates to skip, and why; who may was looked at before. */
  emergency?: { record: string; gates: string[]; reason: string };
}

/** A measured value as an activity brings it. */
export interface TakenMeasurement {
  metric: string;
  number: number;
  phase: VerificationPhase;
  value?: string;
  message?: string;
  query?: string;
  log?: string;
  at: string;
}

export interface MetricOutcome {
  metric: string;
  phase: VerificationPhase;
  successful: number;
  failed: number;
  inconclusive: number;
  errors: number;
  dryRun?: boolean;
  message?: string;
}

export interface Leftover {
  application: string;
  release: string | null;
  state: string;
}

/**
 * What can be asked of a pipeline. Those of a workflow's step name their promotion and are nothing new when it has ended; operators'
 * throw NotFound or Conflict for what cannot be.
 */
export type PipelineCommand =
  | ConfigurationCommand<PipelineSpec>
  | RequestPromotion
  /** Takes the oldest of the queue when the stage is free. */
  | { type: "StartNext"; stage: string; at: string }
  /** Voids approvals that are bound to another difference. */
  | { type: "RecordDifference"; promotion: string; digest: string; blob: string; counts: DifferenceCounts }
  /** Only verdicts that say something else than before are recorded; voids expired approvals, asks for missing ones. */
  | {
      type: "RecordVerdicts";
      promotion: string;
      /** Of all gates: one that is not among them is not in the policy any more. */
      verdicts: GateVerdict[];
      /** How many approvals each approval gate asks for, by its name; `evidence.required` of the verdict, else 1, when absent. */
      required?: Record<string, number>;
      at: string;
    }
  | {
      type: "GiveApproval";
      promotion: string;
      gate: string;
      binding: ApprovalBinding;
      by: Actor;
      groups: string[];
      comment?: string;
      via: Via;
      linkBy?: string;
      at: string;
      expiresAt?: string;
      own?: true;
    }
  | {
      type: "RejectApproval";
      promotion: string;
      gate: string;
      binding: ApprovalBinding;
      by: Actor;
      reason: string;
      via: Via;
      linkBy?: string;
      at: string;
    }
  | { type: "PausePromotion"; promotion: string; by: Actor; reason?: string; at: string }
  | { type: "ResumePromotion"; promotion: string; by: Actor; at: string }
  | { type: "AbortPromotion"; promotion: string; by: Actor; reason?: string; at: string }
  /** `gates` are names of gates that must have passed, beside all that were looked at. */
  | { type: "BeginMove"; promotion: string; mode: PromotionMode; gates?: string[]; at: string }
  | {
      type: "RecordCommit";
      promotion: string;
      repoURL: string;
      branch: string;
      commit: string;
      result: "pushed" | "already" | "unchanged";
      signed?: boolean;
    }
  | {
      type: "RecordPullRequest";
      promotion: string;
      provider: string;
      repoURL: string;
      number: number;
      url: string;
      branch: string;
      head: string;
    }
  | { type: "RecordMerge"; promotion: string; number: number; commit: string; by?: string; at: string }
  | {
      type: "RecordPullRequestClosed";
      promotion: string;
      number: number;
      reason: "Closed" | "Superseded" | "Aborted";
      at: string;
    }
  | { type: "StartWave"; promotion: string; wave: number; targets: PromotionTarget[]; at: string }
  | {
      type: "RecordPromoted";
      promotion: string;
      application: string;
      operation: string;
      revision: string;
      sourceDigest: string;
      sequence: number;
      at: string;
    }
  | {
      type: "RecordTargetFailure";
      promotion: string;
      application: string;
      reason: string;
      message: string;
      health?: HealthStatus;
    }
  | { type: "CompleteWave"; promotion: string; wave: number; unhealthy: string[]; at: string }
  | { type: "StartVerification"; promotion: string; run: string; gate?: string; at: string }
  | { type: "RecordMeasurements"; promotion: string; run: string; measurements: TakenMeasurement[] }
  | {
      type: "CompleteVerification";
      promotion: string;
      run: string;
      phase: Exclude<VerificationPhase, "Running">;
      message?: string;
      metrics: MetricOutcome[];
      at: string;
    }
  | {
      type: "JudgeVerification";
      promotion: string;
      run: string;
      verdict: Judgement;
      by: Actor;
      reason: string;
    }
  /** Verified, and the way to the stages behind is open. */
  | { type: "Succeed"; promotion: string; at: string }
  /** The policy's rollback follows in the same append where it applies. */
  | { type: "Fail"; promotion: string; code: string; message: string; left: Leftover[]; at: string }
  /** Applications of a stage lost their health after the promotion ended; the policy's rollback follows where it applies. */
  | {
      type: "LoseHealth";
      stage: string;
      message: string;
      at: string;
      /** Somebody deployed something else: nothing is said against the release, and nobody goes back. */
      byHand?: true;
    }
  /** All of them are healthy again, and nobody went back meanwhile: what the stage runs is verified from now on. */
  | { type: "RegainHealth"; stage: string; at: string }
  | { type: "HoldStage"; stage: string; by: Actor; reason?: string }
  | { type: "ReleaseStage"; stage: string; by: Actor }
  | { type: "PauseStage"; stage: string; by: Actor; reason: string }
  | { type: "ResumeStage"; stage: string; by: Actor }
  | { type: "ExcludeRelease"; stage: string; release: string; by: Actor; at: string }
  | { type: "ReadmitRelease"; stage: string; release: string; by: Actor }
  | { type: "CloseEmergency"; record: string; by: Actor; note: string; at: string };

/** The commands of one type. */
export type CommandOf<Type extends PipelineCommand["type"]> = Extract<PipelineCommand, { type: Type }>;
