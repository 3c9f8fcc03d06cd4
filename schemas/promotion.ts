import type { Actor } from "./operation.ts";

/** The words of releases, stages and promotions. Types and lists only, so that workflows and domain code may import them. */

/** A commit that a release carries, by the name of its subscription. */
export interface ReleasedCommit {
  subscription: string;
  repoURL: string;
  /** Full commit id. */
  commit: string;
  branch?: string | undefined;
  tag?: string | undefined;
}

/** An image that a release carries: the tag says what was found, the digest what runs. */
export interface ReleasedImage {
  subscription: string;
  /** Repository without tag, as in `ghcr.io/acme/web`. */
  repository: string;
  tag?: string | undefined;
  /** `sha256:` and 64 hexadecimal digits. */
  digest: string;
}

/** A chart that a release carries. */
export interface ReleasedChart {
  subscription: string;
  repoURL: string;
  /** Absent for `oci://`, whose address names the chart. */
  name?: string | undefined;
  version: string;
  digest?: string | undefined;
}

/** What moves: its id is a digest over this, so equal content is one release. */
export interface ReleaseContent {
  commits: ReleasedCommit[];
  images: ReleasedImage[];
  charts: ReleasedChart[];
}

/** How a release comes into a stage. */
export const PROMOTION_MODES = ["pin", "commit", "pullRequest"] as const;
export type PromotionMode = (typeof PROMOTION_MODES)[number];

/** What makes a promotion begin. */
export const PROMOTION_TRIGGERS = ["automatic", "manual", "rollback"] as const;
export type PromotionTriggerType = (typeof PROMOTION_TRIGGERS)[number];

export interface PromotionTrigger {
  type: PromotionTriggerType;
  actor: Actor;
  /** Id of what asked for it: a release, a request, a failed promotion. */
  cause: string;
}

/**
 * Where a promotion is. Waiting: its gates are not all passed. Moving: the release is brought into the stage (pin, commit, pull request).
 * Syncing: wave by wave its applications become Synced and Healthy. Verifying: the stage's verification runs.
 */
export const PROMOTION_PHASES = ["Queued", "Waiting", "Moving", "Syncing", "Verifying", "Ended"] as const;
export type PromotionPhase = (typeof PROMOTION_PHASES)[number];

/** How a promotion ended. */
export const PROMOTION_RESULTS = ["Succeeded", "Failed", "Aborted", "Superseded"] as const;
export type PromotionResult = (typeof PROMOTION_RESULTS)[number];

/** What a gate says now: wait ends by itself or by a person, block only by a change. */
export const GATE_STATES = ["pass", "wait", "block"] as const;
export type GateState = (typeof GATE_STATES)[number];

/** What a gate is about. */
export const GATE_TYPES = [
  "soak",
  "approval",
  "window",
  "verification",
  "expression",
  "dependency",
  "upstream",
  "stopTheLine",
] as const;
export type GateType = (typeof GATE_TYPES)[number];

/** One look at one gate. */
export interface GateVerdict {
  gate: string;
  type: GateType;
  state: GateState;
  /** CamelCase word of a closed set, such as `Soaking`. */
  reason: string;
  message: string;
  /** What the verdict rests on: numbers, times, queries; at most 4 KiB of JSON, never a secret. */
  evidence: Record<string, unknown>;
  /** RFC 3339: when it is looked at again at the latest; absent where only an event changes it. */
  until?: string | undefined;
  /** People or groups who can change it. */
  deciders?: string[] | undefined;
}

/** What an approval is bound to: if either changes, it is void. */
export interface ApprovalBinding {
  /** Release id. */
  release: string;
  /** sha256 (hex) of the rendered difference. */
  diff: string;
}

/** Verdict of a verification, as Argo Rollouts' AnalysisRun has it: four different things. */
/** What a person makes of a verification; Again has it measured once more. */
export const JUDGEMENTS = ["Successful", "Failed", "Again"] as const;
export type Judgement = (typeof JUDGEMENTS)[number];

export const VERIFICATION_PHASES = ["Running", "Successful", "Failed", "Error", "Inconclusive"] as const;
export type VerificationPhase = (typeof VERIFICATION_PHASES)[number];

/** What an application is to run by a promotion, over what its spec says. */
export interface Pin {
  pipeline: string;
  stage: string;
  promotion: string;
  release: string;
  /** Commit of the application's own repository. */
  targetRevision?: string | undefined;
  /** Overrides in the form of `source.kustomize.images`. */
  images?: string[] | undefined;
  /** Overrides in the form of `source.helm.parameters`. */
  parameters?: { name: string; value: string; forceString?: boolean | undefined }[] | undefined;
}

/** What an application has to run for a promotion to be done there. */
export interface PromotionTarget {
  application: string;
  /** Wave of the stage, from 0. */
  wave: number;
  /** The sync that was asked for it. */
  operation: string;
  /** Commit that it is to be Synced to. */
  revision: string;
  /** Digest of what rendering reads at that commit, overrides included: equal digests are equal content. */
  sourceDigest: string;
  /** Ledger sequence of the application when the wave began: only what came after it counts. */
  after?: number | undefined;
}

/** How many objects a promotion creates, changes, deletes and leaves, over all targets. */
export interface DifferenceCounts {
  applications: number;
  created: number;
  changed: number;
  deleted: number;
  unchanged: number;
}
